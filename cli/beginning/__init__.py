"""The commands of a first day: the examples' files, and the engine compiled ahead."""
