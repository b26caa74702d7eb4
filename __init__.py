"""launchlab: could you have traded the launch, at what fills, and was it more than luck?

The public names are imported when they are first used, so that `import launchlab` stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import strategies as strategies
    from .data.panel import Panel as Panel

_WHERE = {
    "Panel": ".data.panel",
}

__all__ = ["Panel", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module(".strategies", __name__)
    if name in _WHERE:
        return getattr(import_module(_WHERE[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
