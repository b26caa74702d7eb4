"""The commands of a first day: the examples' files, completion in a shell, and the engine compiled ahead."""
