"""Mechanics: what would have happened to an order, and to a portfolio."""
