"""The same legs on backtrader: the reference that a reader can follow."""
