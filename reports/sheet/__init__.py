"""What the tear sheet shows and QuantStats does not give, or gives wrongly: figures, tables and charts."""
