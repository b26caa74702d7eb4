"""`njit` as the engine uses it: compiled code is cached in a folder that belongs to exactly these sources.

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
# every file that compiled code stands in or takes a constant from
SOURCES = (
    "engine/compiled.py", "engine/processor.py", "engine/kernel.py", "engine/market.py", "engine/records.py", "engine/orders.py",
    "engine/agenda.py", "engine/holding.py", "engine/dayloop.py", "engine/exits.py", "engine/deck.py", "engine/lanes.py",
    "engine/lane_batch.py", "engine/lane_costs.py", "engine/lane_exits.py", "engine/lane_rows.py", "engine/lane_trades.py",
    "engine/points.py", "engine/sums.py", "engine/lane_plan.py", "engine/legs.py", "engine/run.py",
    "data/panel.py", "data/rules/costs.py",
)  # fmt: skip


@cache
def cache_folder() -> Path | None:
    """Folder of compiled code for these sources, None where no place can be written to."""
    package = Path(__file__).parent.parent
    seen = hashlib.sha256(numba.__version__.encode())
    for name in SOURCES:
        seen.update((package / name).read_bytes())
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


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """numba.njit with a cache in `cache_folder()`; options are numba's."""
    folder = cache_folder()
    own = config.CACHE_DIR

    def compiled(function: Callable[..., Any]) -> Any:
        config.CACHE_DIR = str(folder) if folder else own
        try:
            return numba.njit(cache=folder is not None, **options)(function)
        finally:
            config.CACHE_DIR = own

    return compiled
