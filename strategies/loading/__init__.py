"""A strategy by its name or file, its parameters, and its variants on a grid."""
