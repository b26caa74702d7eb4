"""Facts: what happened, what the rules were, and when it was known."""
