"""What a run leaves: its records, the tables made of them, and their sums."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .result import Result as Result
    from .result import load_result as load_result

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Result": ".result",
        "load_result": ".result",
    },
)
