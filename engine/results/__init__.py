"""What a run leaves: its records, the tables made of them, and their sums."""
