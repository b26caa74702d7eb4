"""Bars of minutes: read, held against the hours of the exchange and the daily bar, and laid out beside the panel."""
