"""What the product does, as functions: each joins strategies, the engine and pages. A command is flags → one of these."""
