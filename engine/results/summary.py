"""What a run, a sweep or a study says of itself: the types behind every summary.json, and its only readers and writer.

Whatever a folder holds, reading it gives one of these types or one DataError; nobody else opens a summary.json.
Folders that 0.1 wrote have no `kind` and no `inputs`; they are told by what they hold.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from ...data.doors import MEGABYTE, is_folder, is_there, read_bytes
from ...data.errors import DataError
from ...data.figures import money, percent, ratio
from ...data.files import remove_abandoned, write_whole
from ...data.market.request import MarketRequest
from ...data.shown import Shown, Told, counted, first_of, some
from .clocks import Clocks, LaunchClock
from .path import LaunchPath
from .tables import HIGHEST

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SUMMARY = "summary.json"
LARGEST = 64 * MEGABYTE  # of a summary.json; that of a study of a thousand launches has two
ABSENT = {"left_out": True}  # metadata of a field that is not written while it is None
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

T = TypeVar("T")


@dataclass(frozen=True)
class Inputs:
    """What was asked for, by the names of `load_market`: files as they were named, None where the usual was taken."""

    __pydantic_config__: ClassVar[Mapping[str, bool]] = {"strict": True}

    launches: str | None = None
    prices: str | None = None
    start: str | None = None
    end: str | None = None
    currency: str | None = None
    benchmark: str | None = None
    bad_bars: str | None = None
    instruments: str | None = None
    fx: str | None = None
    ledger_tz: str | None = None
    universe: str | None = None
    links: str | None = None
    codes: str | None = None
    calendar: str | None = None
    minutes: str | None = field(default=None, metadata=ABSENT)
    minute_stamps: str | None = field(default=None, metadata=ABSENT)
    futures: str | None = field(default=None, metadata=ABSENT)
    analyzers: tuple[str, ...] = ()
    brokerage: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, request: MarketRequest) -> Self:
        """The inputs of a market."""
        return cls(**asdict(request))


@dataclass(frozen=True, repr=False)
class Summary(Shown):
    """What every summary has. `summary["name"]`, `get` and `dict(summary)` read its fields as the file names them.

    `simulated`: whether the prices are the sample's. `inputs` is None where a library call brought its own tables.
    """

    __pydantic_config__: ClassVar[Mapping[str, bool]] = {"strict": True}
    kind: ClassVar[str]

    simulated: bool
    warnings: tuple[str, ...]

    def _told(self) -> Told:
        name = type(self).__name__
        return Told(name, self._facts() | {"warnings": first_of(self.warnings)}, simulated=self.simulated)

    def _facts(self) -> dict[str, str]:
        return {}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values under their names, the kind first."""
        return {"kind": self.kind} | _shown(self)

    def write(self, folder: Path) -> None:
        """Put summary.json into a folder, whole or not at all."""
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n"
        write_whole(folder / SUMMARY, text.encode("utf-8", "backslashreplace"))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The summary of a folder; a missing or damaged file, or one of another kind, is a DataError that names it."""
        summary = read_summary(folder)
        if not isinstance(summary, cls):
            raise DataError(f"{folder} is the folder of a {summary.kind}; name the folder of a {cls.kind}")
        return summary

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The summary of JSON values; DataError where one is missing or of another type."""
        return _checked(cls, json.dumps(values).encode(), cls.kind)

    def __getitem__(self, name: str) -> Any:
        return self.to_json()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_json())

    def __contains__(self, name: object) -> bool:
        return name in self.to_json()

    def keys(self) -> Sequence[str]:
        """The names of its fields, as the file has them."""
        return tuple(self.to_json())

    def get(self, name: str, otherwise: Any = None) -> Any:
        """A field by name."""
        return self.to_json().get(name, otherwise)


@dataclass(frozen=True, repr=False)
class RunSummary(Summary):
    """One run. Money is in `currency`; `metrics` have their `definitions`, and None where nothing can be said.

    `years`: calendar years that the sessions cover. `funnel`: launches left at each step on the way to a fill; `fates`:
    how many launch × codes were traded, and not for which reason. `answer`: the run in one paragraph; `made`: the day of
    the run in Hong Kong. `exposure`: net, beta-adjusted net and what was unhedged, as engine/results/exposure.py has
    them. `hindsight`: the profit with known links alone beside the run's, as engine/backtest/hindsight.py has it;
    `judgement`: whether the run is more than chance, where that was asked, as engine/luck/run_verdict.py has it.
    `clocks`: the run bracketed over what its launches' clocks leave open, where that was asked for; `path`: the mean path of what was traded.
    `data`: code, source, sha256, first, last and rows of each code's
    bars; `blocked` counts attempts by reason; `parameters` are the strategy's. `foresight`: how often the strategy was asked about
    the future, the legs or orders compared, and how many depended on it.
    """

    kind: ClassVar[str] = "run"

    launchlab: str
    config: Mapping[str, Any]
    capital: float
    currency: str
    start: str
    end: str
    sessions: int
    periods_per_year: float
    benchmark: str | None
    metrics: Mapping[str, float | int | None]
    definitions: Mapping[str, str]
    blocked: Mapping[str, int]
    data: tuple[Mapping[str, str | int | None], ...]
    launches_sha256: str
    unknowns: tuple[str, ...]
    name: str
    engine: str
    strategy: str
    parameters: Mapping[str, Any]
    command: str
    analyzers: Mapping[str, Any] | None = field(default=None, metadata=ABSENT)
    inputs: Inputs | None = field(default=None, metadata=ABSENT)
    years: float | None = field(default=None, metadata=ABSENT)
    funnel: Mapping[str, int] | None = field(default=None, metadata=ABSENT)
    fates: Mapping[str, int] | None = field(default=None, metadata=ABSENT)
    exposure: Mapping[str, str | float | int | None] | None = field(default=None, metadata=ABSENT)
    answer: str | None = field(default=None, metadata=ABSENT)
    hindsight: Mapping[str, float | int] | None = field(default=None, metadata=ABSENT)
    judgement: Mapping[str, Any] | None = field(default=None, metadata=ABSENT)
    made: str | None = field(default=None, metadata=ABSENT)
    foresight: Mapping[str, int] | None = field(default=None, metadata=ABSENT)
    clocks: Clocks | None = field(default=None, metadata=ABSENT)
    path: LaunchPath | None = field(default=None, metadata=ABSENT)

    def _told(self) -> Told:
        return super()._told()._replace(title=f"RunSummary: {self.strategy} on {self.engine}")

    def _facts(self) -> dict[str, str]:
        get = self.metrics.get
        return {
            "sessions": f"{self.start} to {self.end} ({self.sessions:,})",
            "return": f"{percent(get('total_return'))} on {money(self.capital)} {self.currency}, after costs of {money(get('costs'))}",
            "risk": f"Sharpe {ratio(get('sharpe'))}, worst drawdown {percent(get('max_drawdown'))}",
            "benchmark": f"{self.benchmark} {percent(get('benchmark_return'))}" if self.benchmark else "",
            "unknown": first_of(self.unknowns),
        }

    def __post_init__(self) -> None:
        _refuse_odd_span(self.start, self.end)
        if self.years is not None and not 0.0 < self.years <= HIGHEST:
            raise ValueError(f"years {self.years} must be the calendar years of the run, above 0")
        if not 0.0 < self.capital <= HIGHEST:
            raise ValueError(f"capital {self.capital} must be an amount above 0, at most 1e30")
        _refuse_odd_periods(self.periods_per_year)


@dataclass(frozen=True)
class Searched:
    """How the points of a search were chosen."""

    __pydantic_config__: ClassVar[Mapping[str, bool]] = {"strict": True}

    kind: str
    objectives: tuple[str, ...]
    batch: int | None = None
    prune: bool | str | float | None = None
    storage: str | None = None


@dataclass(frozen=True)
class Judgement:
    """What pages show of a verdict: its words, the `luck` level (Sharpe per session), and what its charts draw.

    `logits` one per split; folds as pairs of Sharpe ratios, in and out of sample.
    """

    __pydantic_config__: ClassVar[Mapping[str, bool]] = {"strict": True}

    label: str
    text: str
    luck: float | None = None
    logits: tuple[float, ...] | None = None
    folds_anchored: tuple[tuple[float | None, float | None], ...] | None = None
    folds_rolling: tuple[tuple[float | None, float | None], ...] | None = None


@dataclass(frozen=True, repr=False)
class SweepSummary(Summary):
    """One sweep or search. `grid`: the values of each parameter; `best`: parameters and metrics of the best by `metric`.

    `points` were run, `confirmed` of the best again on backtrader; `verdict` is None where none was asked for.
    """

    kind: ClassVar[str] = "sweep"

    points: int
    seconds: float
    metric: str
    best: Mapping[str, Any]
    strategy: str
    grid: Mapping[str, tuple[Any, ...]]
    start: str
    end: str
    periods_per_year: float
    confirmed: int = 0
    points_per_second: float | None = None
    fallbacks: int = 0
    bankrupt: int = 0
    threads: int | None = None
    executor: str = ""
    run_again: int = 0
    strategy_sha256: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    analyzers: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    brokerage: Mapping[str, Any] = field(default_factory=dict)
    currency: str = ""
    bad_bars: str = ""
    launches_sha256: str = ""
    data: tuple[Mapping[str, str | int | None], ...] = ()
    version: str = ""
    verdict: Mapping[str, Any] | None = None
    trials: int | None = field(default=None, metadata=ABSENT)
    complete: int | None = field(default=None, metadata=ABSENT)
    pruned: int | None = field(default=None, metadata=ABSENT)
    repeats: int | None = field(default=None, metadata=ABSENT)
    distinct: int | None = field(default=None, metadata=ABSENT)
    by_process: Mapping[str, int] | None = field(default=None, metadata=ABSENT)
    study: str | None = field(default=None, metadata=ABSENT)
    storage: str | None = field(default=None, metadata=ABSENT)
    pareto: tuple[Mapping[str, Any], ...] | None = field(default=None, metadata=ABSENT)
    grid_points: int | None = field(default=None, metadata=ABSENT)
    search: Searched | None = field(default=None, metadata=ABSENT)
    sizer: str | None = field(default=None, metadata=ABSENT)
    stake: int | None = field(default=None, metadata=ABSENT)
    failed: int | None = field(default=None, metadata=ABSENT)
    first_failure: str | None = field(default=None, metadata=ABSENT)
    inputs: Inputs | None = field(default=None, metadata=ABSENT)

    def _told(self) -> Told:
        return (
            super()._told()._replace(title=f"SweepSummary: {self.strategy}, {counted(self.points, 'point')}")
        )

    def _facts(self) -> dict[str, str]:
        best = {name: self.best[name] for name in self.grid if name in self.best}
        return {
            "sessions": f"{self.start} to {self.end}",
            "parameters": some([f"{name} ({len(values):,})" for name, values in self.grid.items()]),
            "best": f"{some([f'{name} {value}' for name, value in best.items()])}: {self.metric} {ratio(self.best.get(self.metric))}",
            "verdict": str(self.verdict.get("text", "")) if self.verdict else "not judged",
        }

    def __post_init__(self) -> None:
        _refuse_odd_span(self.start, self.end)
        _refuse_odd_periods(self.periods_per_year)

    @property
    def judgement(self) -> Judgement | None:
        """The verdict's words and what its charts draw; DataError where they are none."""
        return _checked(Judgement, json.dumps(self.verdict).encode(), "verdict") if self.verdict else None


@dataclass(frozen=True, repr=False)
class StudySummary(Summary):
    """One event study: its options, what each window showed (`windows`, also `by` group), and what was refused."""

    kind: ClassVar[str] = "study"

    options: Mapping[str, Any]
    events: int
    launches: int
    windows: Mapping[str, Mapping[str, Any]]
    by: Mapping[str, Any]
    path: Mapping[str, Any]
    waterfall: Mapping[str, Any]
    captures: tuple[Mapping[str, Any], ...]
    clock: tuple[Mapping[str, Any], ...]
    clock_text: tuple[str, ...]
    confounded: int
    refused: tuple[Mapping[str, Any], ...]
    minutes: Mapping[str, Any] | None = field(default=None, metadata=ABSENT)
    inputs: Inputs | None = field(default=None, metadata=ABSENT)

    def _facts(self) -> dict[str, str]:
        return {
            "events": f"{self.events:,} of {counted(self.launches, 'launch', 'launches')}",
            "windows": some(tuple(self.windows)),
        }


AnySummary = RunSummary | SweepSummary | StudySummary
KINDS: Mapping[str, type[AnySummary]] = {cls.kind: cls for cls in (RunSummary, SweepSummary, StudySummary)}


def read_summary(folder: Path) -> AnySummary:
    """What a folder says of itself, as the type of its kind; a missing or damaged file is a DataError that names it."""
    path = folder / SUMMARY
    text = _text(path)
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON ({error}); {_AGAIN}") from None
    return _checked(_kind_of(values, path), text, str(path))


def saved_in(folder: Path) -> tuple[list[tuple[Path, AnySummary]], list[DataError]]:
    """Every run, sweep and study that lies directly in a folder, by name, and what is wrong with those that do not open.

    Hidden folders are not looked into: what a killed writer left there goes, and what it was replacing comes back.
    """
    remove_abandoned(folder)
    opened: list[tuple[Path, AnySummary]] = []
    faults: list[DataError] = []
    for place in sorted(folder.iterdir()):
        if place.name.startswith(".") or not (place / SUMMARY).is_file():
            continue
        try:
            opened.append((place, read_summary(place)))
        except DataError as fault:
            faults.append(fault)
    return opened, faults


_AGAIN = "write it anew by running the command again"


def _text(path: Path) -> bytes:
    if not is_there(path) and is_folder(path.parent.parent):
        remove_abandoned(
            path.parent.parent
        )  # it may be a run that was being replaced by a writer that was killed
    if not is_there(path):
        raise DataError(f"{path}: there is no such file; is {path.parent} the folder of a run?")
    return read_bytes(path, most=LARGEST)


def _kind_of(values: Any, path: Path) -> type[AnySummary]:
    """The type for the values of a file; 0.1 named no kind."""
    if not isinstance(values, dict):
        raise DataError(f"{path}: a summary is a table of names and values; {_AGAIN}")
    guess = "run" if "metrics" in values else "study" if "windows" in values else "sweep"
    kind = values.get("kind", guess)
    if not isinstance(kind, str) or kind not in KINDS:
        raise DataError(f"{path}: kind {kind!r} is none of {', '.join(KINDS)}; {_AGAIN}")
    return KINDS[kind]


def _checked(cls: type[T], text: bytes, where: str) -> T:
    """The values of a JSON text as a frozen type; numbers are numbers and words are words, nothing is converted."""
    from pydantic import ValidationError

    try:
        checked: T = _adapter(cls).validate_json(text)  # type: ignore[arg-type]  # classes are hashable
        return checked
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{where}: {place} {_fault(first['msg'])}; {_AGAIN}") from None


def _fault(message: str) -> str:
    return message[:1].lower() + message[1:]


@cache
def _adapter(cls: type[Any]) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _shown(record: Any) -> dict[str, Any]:
    """The fields of a record as JSON values, without those that are left out while they are None."""
    named = ((each.name, getattr(record, each.name), each.metadata) for each in fields(record))
    return {name: _plain(value) for name, value, about in named if value is not None or about != ABSENT}


def _plain(value: Any) -> Any:
    """A field as JSON values."""
    if isinstance(value, Inputs | Searched | Clocks | LaunchClock | LaunchPath):
        return _shown(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def _refuse_odd_span(start: str, end: str) -> None:
    if not (_DAY.fullmatch(start) and _DAY.fullmatch(end) and start <= end):
        raise ValueError(f"start {start!r} and end {end!r} must be days in order, as 2026-01-05")


def _refuse_odd_periods(periods: float) -> None:
    if not 0.0 < periods <= 366.0:
        raise ValueError(f"periods_per_year {periods} must be a number of sessions in a year")
