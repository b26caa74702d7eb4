"""What the rules of a day were, in plain words: `answer` asks each of the other files for its part."""

from .answer import RuleAnswer, explain

__all__ = ["RuleAnswer", "explain"]
