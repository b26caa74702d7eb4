"""What a study found: plain frozen data, and its files study.csv, events.csv and summary.json."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from ...data.arrays import F8, I4
from ...data.figures import points
from ...data.files import write_whole
from ...data.shown import Drawn, Told, counted, first_of, some
from ..results.summary import Inputs, StudySummary
from .battery import Battery, word_of
from .capturable import Capture, Waterfall
from .events import REFUSALS, Event, Refusal
from .minute_paths import COLUMNS as MINUTE_COLUMNS
from .minute_paths import MinutePath, to_rows
from .options import StudyOptions
from .trails import Trail

COLUMNS = ("launch", "code", "day0", "window", "car", "n")
EVENT_COLUMNS = (
    *("launch", "code", "company", "kind", "role", "day0", "window", "car", "n"),
    *("bhar", "scar", "limit_days", "censored", "car_unlocked", "confounds"),
)
PATH_COLUMNS = ("launch", "code", "offset", "session", "car", "at_limit")


@dataclass(frozen=True)
class CarRow:
    """One launch, code and window. `car`, `bhar`, `car_unlocked` in percent; `n` traded days.

    `censored`: the window's last close, or the last before it, lay at a price limit, so the return is cut short;
    `car_unlocked` then runs on to the first close off its limit.
    """

    launch: str
    code: str
    day0: str
    window: str
    car: float
    n: int
    bhar: float
    scar: float
    limit_days: int
    censored: bool
    car_unlocked: float


@dataclass(frozen=True)
class WindowSummary:
    """One window over all its events. `mean` (CAAR), `bhar`, `unlocked`, `deviation` (of the mean, across clusters of
    dates) in percent; `censored` counts events.

    `p` is that of the robust tests, corrected for the `family` of questions asked together (engine/study/family.py);
    `detectable`: the mean, in percent, that would be called real 8 times in 10.
    """

    first: int
    last: int
    n: int
    mean: float
    median: float
    positive: float
    bhar: float
    unlocked: float
    censored: int
    tests: Battery
    deviation: float = math.nan
    p: float = math.nan
    family: int = 0
    detectable: float = math.nan

    @property
    def verdict(self) -> str:
        """`real`, `chance` or `too few`, as one of the family."""
        return word_of(self.p)


@dataclass(frozen=True)
class Path:
    """CAAR in percent from the first window's first day on, with a 95 % band across clusters of dates; arrays (L,)."""

    offsets: I4
    mean: F8
    lower: F8
    upper: F8
    n: I4


@dataclass(frozen=True)
class Variant:
    """One window under one clock. `mean` in percent; `p` as in the window; `flips`: CARs of changed sign."""

    clock: str
    window: str
    n: int
    mean: float
    p: float
    verdict: str
    flips: int


@dataclass(frozen=True, repr=False)
class Study(Drawn):
    """A finished study: plain data for tables and pages. `by` holds the summaries of each group of `options.by`.

    `clock`: the windows under other clocks, from `sensitivity.full_study`; `clock_text` says what they show.
    `trails`: every event day by day, at the offsets of `path`. `minutes`: mean paths in minutes from the news, where there are minute bars.
    """

    options: StudyOptions
    events: tuple[Event, ...]
    table: tuple[CarRow, ...]
    windows: Mapping[str, WindowSummary]
    by: Mapping[str, Mapping[str, Mapping[str, WindowSummary]]]
    path: Path
    captures: tuple[Capture, ...]
    waterfall: Waterfall
    refused: tuple[Refusal, ...]
    warnings: tuple[str, ...]
    simulated: bool
    clock: tuple[Variant, ...] = ()
    clock_text: tuple[str, ...] = ()
    trails: tuple[Trail, ...] = ()
    minutes: tuple[MinutePath, ...] = ()

    def _told(self) -> Told:
        launches = counted(len({event.launch for event in self.events}), "launch", "launches")
        rows = [
            (name, one.n, points(one.mean), f"{one.p:.3f}", one.verdict) for name, one in self.windows.items()
        ]
        facts = {
            "windows": some([f"{name} {mean} ({verdict})" for name, _, mean, _, verdict in rows], 3),
            "model": str(self.options.model),
            "refused": first_of(self.left_out()),
            "warnings": first_of(self.warnings),
        }
        columns = ("window", "n", "mean", "p", "verdict")
        title = f"Study: {counted(len(self.events), 'event')} of {launches}"
        return Told(title, facts, columns, rows, self.simulated)

    def left_out(self) -> tuple[str, ...]:
        """What could not be measured, a sentence for each reason, the most frequent first, with what may be done."""
        count = Counter((refusal.kind, bool(refusal.window)) for refusal in self.refused)
        sentences = []
        for (kind, _), n in count.most_common():
            what, mend = REFUSALS[kind]
            sentences.append(f"{n} not measured: {what}" + (f"; {mend}" if mend else ""))
        return tuple(sentences)

    def to_json(self) -> dict[str, Any]:
        """The summary as plain JSON values: every window's mean, n and tests, groups, path, waterfall, refusals."""
        return {
            "options": _options(self.options),
            "simulated": self.simulated,
            "events": len(self.events),
            "launches": len({event.launch for event in self.events}),
            "windows": {label: _window(window) for label, window in self.windows.items()},
            "by": {
                name: {
                    group: {k: _window(window) for k, window in part.items()}
                    for group, part in groups.items()
                }
                for name, groups in self.by.items()
            },
            "path": {name: _plain(values) for name, values in vars(self.path).items()},
            "waterfall": _plain(asdict(self.waterfall)),
            "captures": [_plain(asdict(row)) for row in self.captures],
            "clock": [_plain(asdict(row)) for row in self.clock],
            "clock_text": list(self.clock_text),
            "confounded": sum(bool(event.confounds) for event in self.events),
            "refused": [asdict(row) for row in self.refused],
            "warnings": list(self.warnings),
        } | ({"minutes": {one.group: _minutes(one) for one in self.minutes}} if self.minutes else {})

    def summary(self, inputs: Inputs | None = None) -> StudySummary:
        """What the study's folder says of itself; `inputs` where the launches and bars came from."""
        return replace(StudySummary.of(self.to_json()), inputs=inputs)

    def write(self, folder: FilePath, inputs: Inputs | None = None) -> None:
        """Write study.csv (a row per launch, code and window), events.csv (all figures), paths.csv (by day), summary.json, and
        with minute bars minute_paths.csv."""
        folder.mkdir(parents=True, exist_ok=True)
        about = {(event.launch, event.code): event for event in self.events}
        full = []
        for row in self.table:
            event = about[row.launch, row.code]
            extra = {"company": event.company, "kind": event.kind, "role": event.role}
            full.append(asdict(row) | extra | {"confounds": ";".join(event.confounds)})
        write_whole(folder / "study.csv", _csv(COLUMNS, full))
        write_whole(folder / "events.csv", _csv(EVENT_COLUMNS, full))
        write_whole(folder / "paths.csv", _csv(PATH_COLUMNS, self._days()))
        if self.minutes:
            write_whole(folder / "minute_paths.csv", _csv(MINUTE_COLUMNS, to_rows(self.minutes)))
        self.summary(inputs).write(folder)

    def _days(self) -> Iterable[Mapping[str, Any]]:
        for trail in self.trails:
            for k, offset in enumerate(self.path.offsets.tolist()):
                if trail.sessions[k]:
                    yield {
                        "launch": trail.launch, "code": trail.code, "offset": offset, "session": trail.sessions[k],
                        "car": float(trail.car[k]), "at_limit": bool(trail.at_limit[k]),
                    }  # fmt: skip


def _window(window: WindowSummary) -> dict[str, Any]:
    """One window as JSON values; a refused test has null statistic and p, and a note that says why."""
    tests = window.tests
    return {
        **_plain({k: v for k, v in vars(window).items() if k != "tests"}),
        "verdict": window.verdict,
        "p_alone": _plain(tests.p),
        "correlation": _plain(tests.correlation),
        "variance_ratio": _plain(tests.variance_ratio),
        "clusters": tests.clusters,
        "overlapping": _plain(tests.overlapping),
        "tests": {
            test.name: _plain({"statistic": test.statistic, "p": test.p, "n": test.n, "note": test.note})
            for test in tests.tests
        },
    }


def _minutes(path: MinutePath) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(path).items() if name != "group"}


def _options(options: StudyOptions) -> dict[str, Any]:
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    return {name: _plain(value) for name, value in values.items()} | {"model": str(options.model)}


def _plain(value: Any) -> Any:
    """JSON values only: arrays become lists, NaN and infinities null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """CSV text; floats in full precision, NaN empty, booleans as 0 and 1."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    return value
