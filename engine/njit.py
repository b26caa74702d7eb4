"""The engine's decorators of compiled code, which is cached in a folder that belongs to exactly these sources.

All of it runs without the interpreter's lock, and divides by zero as numpy does.

numba checks the file of a function, not those it inlines from, and an index left by an older version may name classes
that are gone. A folder named after all sources that compiled code draws on rules both out. It lies in the user's cache
folder (or in NUMBA_CACHE_DIR where that is set), since the place of installation may be read-only.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import platformdirs
from numba.core import config

FOLDERS_KEPT = 4  # a few versions may be in use side by side
# files and folders in which compiled code stands or from which it takes a constant
SOURCES = (
    "engine/njit.py", "engine/legs.py", "engine/judge", "engine/compiled", "engine/lanes", "engine/results/run.py",
    "engine/sweeps/points.py", "engine/sweeps/sums.py", "data/panel/panel.py", "data/rules/costs.py",
)  # fmt: skip


def source_files(package: Path) -> list[Path]:
    """The files of SOURCES below the package's folder, in order."""
    places = [package / name for name in SOURCES]
    return [path for place in places for path in ([place] if place.is_file() else sorted(place.glob("*.py")))]


@cache
def cache_folder() -> Path | None:
    """Folder of compiled code for these sources, None where no place can be written to."""
    package = Path(__file__).parent.parent
    seen = hashlib.sha256(numba.__version__.encode())
    for path in source_files(package):
        seen.update(path.read_bytes())
    own = str(config.CACHE_DIR or "")
    places = [Path(own)] if own else [platformdirs.user_cache_path("launchlab", appauthor=False)]
    for place in [*places, Path(tempfile.gettempdir()) / "launchlab-cache"]:
        folder = place / f"compiled-{seen.hexdigest()[:16]}"
        try:
            fresh = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        if fresh:
            _forget_old(place)
        return folder
    return None


def is_cold() -> bool:
    """Whether the first run has to compile, because nothing of these sources is cached."""
    folder = cache_folder()
    return not config.DISABLE_JIT and (folder is None or not any(folder.rglob("*.nbi")))


def _forget_old(place: Path) -> None:
    folders = sorted(place.glob("compiled-*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[FOLDERS_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def _njit(function: Callable[..., Any], **options: Any) -> Any:
    """numba.njit with a cache in `cache_folder()`; options are numba's."""
    folder = cache_folder()
    own = config.CACHE_DIR
    config.CACHE_DIR = str(folder) if folder else own
    try:
        return numba.njit(cache=folder is not None, nogil=True, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = own


def compiled(function: Callable[..., Any]) -> Any:
    """Compiled as a function of its own. It makes no arrays: references to views are not counted, which would cost more
    than the arithmetic."""
    return _njit(function, _nrt=False)


def inlined(function: Callable[..., Any]) -> Any:
    """Compiled into each of its callers: for what is hot, or used once, since handing over tuples of arrays costs."""
    return _njit(function, _nrt=False, inline="always")


def allocating(function: Callable[..., Any]) -> Any:
    """Compiled as a function of its own that may make arrays or assign one to a part of another."""
    return _njit(function)
