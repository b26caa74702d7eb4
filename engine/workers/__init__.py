"""Where work is done: threads, processes or the workers of a cluster."""
