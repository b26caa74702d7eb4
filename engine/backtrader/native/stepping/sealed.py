"""What a run knows and its strategy must not: later prices, later launches. No attribute of a strategy leads to it.

backtrader's parts find each other by attributes, and a strategy reaches all of them. What holds the future is
therefore kept here, by the part that works with it.
"""

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from ..desk import NativeDesk

_KEPT: "WeakKeyDictionary[Any, Any]" = WeakKeyDictionary()


def seal(part: Any, kept: Any) -> None:
    """Keep something for a part of backtrader, as long as the part lives."""
    _KEPT[part] = kept


def is_sealed(part: Any) -> bool:
    """Whether something was sealed for a part."""
    return part in _KEPT


def kept_for(part: Any) -> Any:
    """What was sealed for a part."""
    return _KEPT[part]


def desk_of(part: Any) -> "NativeDesk":
    """The desk that was sealed for a part."""
    desk: NativeDesk = _KEPT[part]
    return desk


class Sealed:
    """Keeps a value out of sight, and takes it along to another process; a line of backtrader is no key of a dictionary."""

    def __init__(self, value: Any) -> None:
        seal(self, value)

    def __getstate__(self) -> dict[str, Any]:
        return {"value": kept_for(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        seal(self, state["value"])
