"""What the market did around the launches, and whether it is more than chance."""
