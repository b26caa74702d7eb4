"""The launches: what was announced, when it was public, and which codes it is about."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .launch import Launch as Launch
    from .launch import Launches as Launches
    from .ledger import load_launches as load_launches

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Launch": ".launch",
        "Launches": ".launch",
        "load_launches": ".ledger",
    },
)
