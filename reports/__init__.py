"""Pages: what a finished run, sweep or study looks like. They read tables and compute no trading.

Everything is imported when it is first used: charts and QuantStats are slow to load.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "write_report": ".run",
    "write_book": ".run",
    "write_pages": ".run",
    "write_comparison": ".compare",
    "write_runs": ".runs",
    "write_study": ".study",
    "write_sweep": ".sweep",
    "write_sweep_folder": ".sweep",
    "write_tearsheet": ".tearsheet",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
