"""The universe: which listed names play which role in a theme, and from which day that was known."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .table import load_universe as load_universe
    from .universe import Member as Member
    from .universe import Universe as Universe

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Member": ".universe",
        "Universe": ".universe",
        "load_universe": ".table",
    },
)
