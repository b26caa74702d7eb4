"""Where machine code is kept: a folder that belongs to exactly these sources, of this installation.

numba checks the file of a function, not those it inlines from, and an index left by an older version may name classes
that are gone. A folder named after all sources that compiled code draws on rules both out. Nor does numba find what another
installation, another Python, or the same files before they were written anew have left: these have folders of their own,
so that what lies in one can be loaded. It stands in the user's cache folder (or in NUMBA_CACHE_DIR where that is set),
since the place of installation may be read-only. What lies there is run: only a folder that nobody else can have put
there or write to will do, and without one nothing is kept.
"""

import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
from functools import cache
from pathlib import Path

from ...data.installed import version

FOLDERS_KEPT = 16  # a few versions and installations may be in use side by side
# files and folders in which compiled code stands or from which it takes a constant
SOURCES = (
    "engine/njit.py", "engine/machine", "engine/machine/compiler", "engine/legs.py", "engine/judge", "engine/compiled", "engine/lanes", "engine/results/run.py",
    "engine/sweeps/points.py", "engine/sweeps/sums.py", "engine/sweeps/curves.py", "data/panel/panel.py", "data/rules/costs.py",
)  # fmt: skip


def source_files(package: Path) -> list[Path]:
    """The files of SOURCES below the package's folder, in order."""
    places = [package / name for name in SOURCES]
    return [path for place in places for path in ([place] if place.is_file() else sorted(place.glob("*.py")))]


def source_mark(package: Path) -> bytes:
    """What decides whether numba finds what is kept: its version, Python's, and each source's place, age and content."""
    parts = [version("numba").encode(), sys.version.encode(), str(package).encode()]
    for path in source_files(package):
        parts += [str(path.stat().st_mtime_ns).encode(), path.read_bytes()]
    return b"\n".join(parts)


@cache
def cache_folder() -> Path | None:
    """Folder of compiled code for these sources, None where there is no place that only this user can write to."""
    seen = hashlib.sha256(source_mark(Path(__file__).parents[2]))
    asked = os.environ.get("NUMBA_CACHE_DIR", "")
    if not asked:
        import platformdirs

        asked = str(platformdirs.user_cache_path("launchlab", appauthor=False))
    return folder_of_ones_own(Path(asked), f"compiled-{seen.hexdigest()[:16]}")


def folder_of_ones_own(place: Path, name: str) -> Path | None:
    """The folder `name` in `place`, made where it is missing; None where it cannot be written to, or others could."""
    folder = place / name
    try:
        place.mkdir(parents=True, exist_ok=True)
        fresh = not folder.exists()
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (_keeps_names(place) and _is_own(folder)):
            return None
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    if fresh:
        _forget_old(place)
    return folder


def _is_own(folder: Path) -> bool:
    """Whether a folder, and no link to one, belongs to this user and is written to by nobody else."""
    status = folder.lstat()
    if not hasattr(os, "getuid"):  # Windows: the user's cache folder has its own access list
        return stat.S_ISDIR(status.st_mode)
    private = not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and private


def _keeps_names(place: Path) -> bool:
    """Whether strangers cannot put another folder in the place of one that stands there."""
    mode = place.stat().st_mode
    return not mode & stat.S_IWOTH or bool(mode & stat.S_ISVTX)


def _forget_old(place: Path) -> None:
    """Remove the oldest of our folders; what only looks like one of them stays."""
    ours = [
        folder
        for folder in place.iterdir()
        if re.fullmatch("compiled-[0-9a-f]{16}", folder.name) and _is_own(folder)
    ]
    for folder in sorted(ours, key=lambda folder: folder.stat().st_mtime, reverse=True)[FOLDERS_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
