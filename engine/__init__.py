"""Mechanics: what would have happened to an order, and to a portfolio."""

from typing import TYPE_CHECKING

from ..lazy import face

if TYPE_CHECKING:
    from .config import Config as Config

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Config": ".config",
    },
)
