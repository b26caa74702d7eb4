"""Commands from the shell, each in a process of its own: processor time with a kept cache, and what one waits with an empty one."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .table import Row, in_turn

HERE = Path(__file__).resolve().parents[2]
OUT = "OUT"  # in the words of a command: a folder that is not there yet
EIGHTY = ("sweep", "--grid", "hold=1:20", "--grid", "stop=none,0.05,0.1,0.2", "--out", OUT)
MANY = (
    *("sweep", "--grid", "hold=1:50", "--grid", "gross=0.02:1:0.02", "--grid", "stop=none,0.03,0.05,0.08"),
    *("--grid", "target=none,0.05,0.1,0.15,0.2,0.25,0.3,0.35,0.4,0.5", "--quick", "--out", OUT),
)


class Asked(NamedTuple):
    """A command of launchlab, what it may cost in seconds of processor time, or on the clock where its cache is empty."""

    what: str
    words: tuple[str, ...]
    wanted: str
    cold: bool = False


SMALL = (
    Asked("`rules`", ("rules", "688158.SS", "--on", "2026-02-12", "--prev-close", "37.54"), "0.25"),
    Asked("`strategies`", ("strategies",), "0.25"),
    Asked("`launches list`", ("launches", "list"), "0.25"),
    Asked("`launches map`", ("launches", "map"), "0.25"),
)
BACKTESTS = (
    Asked(
        "`backtest`: figures printed, run book written", ("backtest", "--no-tearsheet", "--out", OUT), "2.5"
    ),
    Asked(
        "the same, nothing in the cache",
        ("backtest", "--no-tearsheet", "--out", OUT),
        "1.5 × the line above",
        True,
    ),
    Asked("`backtest` with its QuantStats sheet", ("backtest", "--out", OUT), ""),
)
SWEEPS = (
    Asked("sweep of 80 points with its verdict", EIGHTY, ""),
    Asked(
        "the sweep of 80 points, nothing in the cache, until its table (`--quick`)",
        (*EIGHTY, "--quick"),
        "4",
        True,
    ),
    Asked("the same until the end of its verdict", EIGHTY, "", True),
    Asked("sweep of 100,000 points, `--quick`", MANY, ""),
    Asked("the sweep of 100,000 points, nothing in the cache", MANY, "25", True),
)


@contextmanager
def checkouts(before: Path | None) -> Iterator[dict[str, Path]]:
    """Folders from which `launchlab` is imported: of this checkout as `here`, and of another as `before`."""
    with tempfile.TemporaryDirectory() as place:
        found = {"here": HERE} | ({} if before is None else {"before": before.resolve()})
        for name, folder in found.items():
            (Path(place) / name).mkdir()
            (Path(place) / name / "launchlab").symlink_to(folder)
        yield {name: Path(place) / name for name in found}


class Took(NamedTuple):
    """Seconds of a command and its children: of processor time, and on the clock."""

    busy: float
    clock: float


def took(command: list[str], environ: dict[str, str], folder: Path) -> Took:
    """What a command takes; the benchmark ends where it fails."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(spent, time.monotonic() - started)


def environment(path: Path, cache: Path) -> dict[str, str]:
    """As a user's: with the bytecode that Python keeps, and all caches in one folder."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"PYTHONPATH": str(path), "XDG_CACHE_HOME": str(cache), "MPLCONFIGDIR": str(cache / "mpl")}


def runner(
    words: tuple[str, ...], path: Path, cache: Path | None, waited: list[float] | None = None
) -> Callable[[], float]:
    """A function that runs a command once, in an empty folder, and tells its processor time; with an empty cache of its own where
    none is given. What it takes on the clock is added to `waited`."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            (folder / "cache").mkdir()
            filled = [str(folder / "out") if word == OUT else word for word in words]
            one = took([sys.executable, *filled], environment(path, cache or folder / "cache"), folder)
            if waited is not None:
                waited.append(one.clock)
            return one.busy

    return run


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def rows_of(asked: tuple[Asked, ...], paths: dict[str, Path], rounds: int) -> list[Row]:
    """A line for each command; the first run, which fills the cache that is kept, does not count."""
    made = []
    for one in asked:
        with tempfile.TemporaryDirectory() as cache:
            kept = None if one.cold else Path(cache)
            words = ("-m", "launchlab.cli", *one.words)
            waited: list[float] = []
            contenders = {
                name: runner(words, path, kept, waited if name == "here" else None)
                for name, path in paths.items()
            }
            if not one.cold:
                in_turn(1, contenders)
            found = in_turn(rounds, contenders)
        beside = f"before: {_seconds(found['before'])}" if "before" in found else ""
        wanted = f"{one.wanted} s" if one.wanted.replace(".", "").isdigit() else one.wanted
        seconds = _seconds(found["here"])
        if one.cold:
            seconds = f"{_seconds(statistics.median(waited))} on the clock ({seconds})"
        made.append(Row(one.what, seconds, wanted, beside))
        print(*made[-1], sep=" | ", flush=True)
    return made


def import_rows(paths: dict[str, Path], rounds: int) -> list[Row]:
    """What importing the package costs beside importing click."""
    with tempfile.TemporaryDirectory() as cache:
        contenders = {
            name: runner(("-c", "import launchlab"), path, Path(cache)) for name, path in paths.items()
        }
        contenders["click"] = runner(("-c", "import click"), paths["here"], Path(cache))
        in_turn(1, contenders)
        found = in_turn(rounds, contenders)
    row = Row(
        "`import launchlab`",
        _seconds(found["here"]),
        "2 × `import click`",
        f"`import click`: {_seconds(found['click'])}",
    )
    print(*row, sep=" | ", flush=True)
    return [row]
