"""A strategy at points that a search chooses."""
