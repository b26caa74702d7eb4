"""A sweep of a backtrader strategy: each point is a whole run under the rules, many runs to a chunk.

Runs are pure Python and hold the interpreter's lock, so chunks go to processes. A point whose strategy raises is a row
that says so; the sweep goes on.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ...data.errors import LaunchlabError
from ...data.files import write_whole
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..backtest.backtest import checked_legs
from ..backtrader.native.plan import NativeStrategy
from ..backtrader.native.result import NativeRun, analyses, run_native
from ..config import Config
from ..results.attribution import attribute
from ..results.metrics import Annual, equity_metrics
from ..results.record import activity
from .folder import PARTS
from .grid import Grid
from .points import METRICS

Values = Mapping[str, Any]

WORK = 20_000  # rows × codes × points of a chunk: about a second
MOST = 32  # points of a chunk
LONGEST = 300  # characters of a point's error
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of an object, another in each process


@dataclass(frozen=True)
class NativeJob:
    """All that a chunk of points needs; `launches` on the portfolio's clock, `periods` a year.

    `kept` are the positions of points whose equity is kept for the verdict.
    """

    build: Callable[[Values], NativeStrategy]
    grid: Grid
    launches: Launches
    panel: Panel
    config: Config
    periods: float
    threads: int = 1
    kept: frozenset[int] = field(default_factory=frozenset)

    @property
    def chunk_size(self) -> int:
        """Points of a chunk; the same every time, so that a resumed sweep finds its parts."""
        return int(np.clip(WORK // (len(self.panel) * len(self.panel.codes)), 1, MOST))


class Curve(NamedTuple):
    """What the verdict asks of one run: equity at each close (T,), profit of each launch (K,), longest stay."""

    equity: F8
    profits: F8
    longest: int


class Chunk(NamedTuple):
    """Metrics (points, len(METRICS)), NaN where the point failed; what failed; what analyzers found; kept curves."""

    metrics: F8
    errors: tuple[str, ...]
    analyses: tuple[str, ...]  # JSON of each point
    curves: dict[int, Curve]  # by position


class Point(NamedTuple):
    """Metrics of one point (len(METRICS),), NaN where it failed with `error`; what analyzers found; its curve."""

    metrics: F8
    error: str
    analyses: Mapping[str, Any]
    curve: Curve | None


def run_chunk(job: NativeJob, start: int, stop: int) -> Chunk:
    """The points at positions `start` to `stop`."""
    numbers = job.grid.numbers(start, stop)
    points = [run_point(job, int(number), keep=start + k in job.kept) for k, number in enumerate(numbers)]
    return Chunk(
        metrics=np.stack([one.metrics for one in points]),
        errors=tuple(one.error for one in points),
        analyses=tuple(json.dumps(one.analyses, ensure_ascii=False) for one in points),
        curves={start + k: one.curve for k, one in enumerate(points) if one.curve is not None},
    )


def run_point(job: NativeJob, number: int, *, keep: bool = True) -> Point:
    """One point by its number, its curve where it is to be kept; what the strategy prints is dropped."""
    try:
        with redirect_stdout(io.StringIO()):
            done = run_native(job.build(job.grid.point(number)), job.launches, job.panel, job.config)
            found = flat(analyses(done.strategy))
    except (AssertionError, MemoryError):
        raise  # a fault of ours, or of the machine: not of this point
    except LaunchlabError as fault:
        error = str(fault)
    except Exception as fault:  # noqa: BLE001 an analyzer's arithmetic fails at some points only
        error = f"{type(fault).__name__}: {fault}"
    else:
        return Point(measured(done, job), "", found, curve(done, job) if keep else None)
    return Point(np.full(len(METRICS), np.nan), one_sentence(error), {}, None)


def stays(job: NativeJob, number: int) -> NDArray[Any]:
    """One point's stays in its codes as a LEG table: what it held, from when and for how long.

    Stays that answer no launch have numbers of their own after those of the ledger, one each.
    """
    with redirect_stdout(io.StringIO()):
        done = run_native(job.build(job.grid.point(number)), job.launches, job.panel, job.config)
    legs = done.legs.copy()
    own = np.arange(len(legs))
    legs["launch"] = np.where(legs["launch"] >= 0, legs["launch"], len(job.launches) + own)
    return checked_legs(legs[np.isin(own, done.run.fills["leg"])], job.panel)


def measured(done: NativeRun, job: NativeJob) -> F8:
    """The metrics of a run, in the order of METRICS."""
    run, capital = done.run, float(job.config.capital)
    years = job.panel.years
    values = equity_metrics(run.equity, capital, Annual(job.periods, years)) | activity(run, capital, years)
    return np.array([values.get(name, 0.0) for name in METRICS])


def curve(done: NativeRun, job: NativeJob) -> Curve:
    """What the verdict asks of a run."""
    longest = int(done.legs["hold"].max()) if len(done.legs) else 1
    table = attribute(job.panel, job.launches, done.legs, done.run)
    by_id = dict(zip(table["launch"], table["long_profit"] + table["short_profit"], strict=True))
    profits = np.array([by_id.get(launch.id, 0.0) for launch in job.launches], np.float64)
    return Curve(np.asarray(done.run.equity), profits, longest)


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested mappings as one, names joined by dots: `drawdown.max.len`."""
    if not isinstance(value, Mapping):
        return {name: value}
    found: dict[str, Any] = {}
    for key, one in value.items():
        found |= flat(one, f"{name}.{key}" if name else str(key))
    return found


def one_sentence(text: str) -> str:
    """The text on one line, the same in every process, and not too long."""
    words = " ".join(ADDRESS.sub("", text).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


class NativeParts:
    """The chunks that are done, one file each, whole or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / PARTS

    def keep(self, chunk: int, found: Chunk) -> None:
        """Write the part of a chunk."""
        texts = json.dumps([found.errors, found.analyses], ensure_ascii=False).encode()
        arrays: dict[str, NDArray[Any]] = {"metrics": found.metrics, "texts": np.frombuffer(texts, np.uint8)}
        for position, one in found.curves.items():
            arrays[f"equity{position}"], arrays[f"profits{position}"] = one.equity, one.profits
            arrays[f"longest{position}"] = np.array(one.longest)
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]
        write_whole(self.folder / f"{chunk:06d}.npz", content.getvalue())

    def part(self, chunk: int, points: int) -> Chunk | None:
        """A chunk that is done, None when it has to be computed (again)."""
        try:
            content = io.BytesIO((self.folder / f"{chunk:06d}.npz").read_bytes())
            with np.load(content, allow_pickle=False) as held:
                errors, found = json.loads(held["texts"].tobytes())
                positions = [int(name[6:]) for name in held.files if name.startswith("equity")]
                curves = {
                    p: Curve(held[f"equity{p}"], held[f"profits{p}"], int(held[f"longest{p}"]))
                    for p in positions
                }
                part = Chunk(held["metrics"], tuple(errors), tuple(found), curves)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return part if part.metrics.shape == (points, len(METRICS)) == (len(errors), len(METRICS)) else None
