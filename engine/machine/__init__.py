"""Machine code of the functions that engine/njit.py marks: where it is kept, and when it is worth having."""
