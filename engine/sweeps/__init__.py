"""A strategy at every point of a grid."""
