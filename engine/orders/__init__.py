"""The orders of the next session, and what a broker made of them."""
