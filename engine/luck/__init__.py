"""How much of a result is selection."""
