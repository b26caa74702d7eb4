"""Somebody's own `backtrader.Strategy` under the same rules."""
