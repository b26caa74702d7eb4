"""What the rules of a day were, in plain words: `answer` asks each of the other files for its part."""

from typing import TYPE_CHECKING

from ....lazy import face

if TYPE_CHECKING:
    from .answer import RuleAnswer as RuleAnswer
    from .answer import explain as explain

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "RuleAnswer": ".answer",
        "explain": ".answer",
    },
)
