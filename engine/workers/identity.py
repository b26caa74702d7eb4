"""Which code this is, so that machines that would compute something else are refused."""

import hashlib
import sys
from functools import cache
from pathlib import Path

from ..._version import __version__
from ...data.installed import version

FOLDERS = ("data", "engine", "strategies")  # what decides the numbers
LIBRARIES = ("numpy", "numba", "pandas", "exchange_calendars")


@cache
def code_name() -> str:
    """Version and sha256 of our sources, and the versions of Python and of the libraries that decide numbers."""
    package = Path(__file__).parents[2]
    seen = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((package / folder).rglob("*.py")):
            seen.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return f"launchlab {__version__} (sources {seen.hexdigest()[:12]}, {python}, {libraries})"
