"""Daily bars and corporate actions as read from a file, and what is wrong with them."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .bars import Bars as Bars

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Bars": ".bars",
    },
)
