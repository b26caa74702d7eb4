"""Seconds that Python has worked in earlier runs in the place of machine code, kept in its folder: who rents for as long
as buying takes should have bought.

Losing the file loses time and nothing else: what cannot be read or written counts as nothing.
"""

import json
import threading
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

from ...data.files import write_whole
from .place import cache_folder

FILE = "seconds-in-python.json"
_gate = threading.Lock()


def spent(function: Any) -> float:
    """Seconds, as a usual machine takes them, that Python has worked on a function in all runs so far."""
    folder = cache_folder()
    return 0.0 if folder is None else _read(folder / FILE).get(_name(function), 0.0)


def spend(function: Any, seconds: float) -> None:
    """Count more seconds of Python for a function."""
    folder = cache_folder()
    if folder is None:
        return
    with _gate, suppress(OSError):
        seen = _read(folder / FILE)
        seen[_name(function)] = seen.get(_name(function), 0.0) + seconds
        write_whole(folder / FILE, json.dumps(seen, indent=1, sort_keys=True) + "\n")


def _read(path: Path) -> dict[str, float]:
    """Seconds by function; those that are no number left out."""
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    rows = held.items() if isinstance(held, dict) else ()
    return {
        name: float(value)
        for name, value in rows
        if isinstance(value, float) and isfinite(value) and value > 0
    }


def _name(function: Any) -> str:
    return f"{function.__module__}.{function.__qualname__}"
