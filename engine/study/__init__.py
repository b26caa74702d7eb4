"""What the market did around the launches, and whether it is more than chance."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .findings import Study as Study
    from .options import StudyOptions as StudyOptions

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Study": ".findings",
        "StudyOptions": ".options",
    },
)
