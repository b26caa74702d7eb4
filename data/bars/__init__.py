"""Daily bars and corporate actions as read from a file, and what is wrong with them."""
