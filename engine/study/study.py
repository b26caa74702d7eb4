"""The event study of a ledger over a panel: abnormal returns per launch and code, tested window by window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ...data.arrays import F8, Bool, Days
from ...data.bars.bars import Bars
from ...data.ledger.launch import Launches
from ...data.panel.beyond import from_bars
from ...data.panel.panel import Panel
from ...data.panel.returns import Level, Returns, factor_returns, levels_of, panel_returns
from .abnormal import Abnormal, Sample, abnormal_returns, event_rows, event_values
from .battery import battery
from .capturable import RoundTrip, capture, sealed, waterfall
from .clustered import cluster_deviation
from .events import Event, Refusal, find_events
from .family import together
from .findings import CarRow, Path, Study, WindowSummary
from .options import Span, StudyOptions
from .trails import Trail, trails

NO_BARS: Mapping[str, Bars] = MappingProxyType({})
UNLOCK = 20  # further sessions searched for the first close off its limit


@dataclass(frozen=True)
class _Measured:
    """Events that can be measured, their abnormal returns, and closes at a limit on the same (E, L) grid."""

    events: tuple[Event, ...]
    abnormal: Abnormal
    sealed: Bool
    sessions: Days


def study(
    launches: Launches,
    panel: Panel,
    options: StudyOptions | None = None,
    *,
    outside: Mapping[str, Bars] = NO_BARS,
) -> Study:
    """Measure every launch of the ledger on every code of the panel. What cannot be measured is refused by name.

    `outside`: bars of benchmarks or peers, by the code in `options`, that are not in the panel, such as an index.
    """
    chosen = options or StudyOptions()
    returns = panel_returns(panel)
    events, refused = find_events(
        launches, panel, at=chosen.at, shift=chosen.shift, near=chosen.near, since=chosen.since
    )
    factor, ended = None, tuple[str, ...]()
    if chosen.factors:
        levels = levels_of(panel, returns, chosen.factors, outside)
        factor, ended = factor_returns(panel, returns, levels), _short_factors(panel, levels)
    measured, thin = _measure(panel, returns.simple, factor, events, chosen)
    rng = np.random.default_rng(chosen.seed)
    table: list[CarRow] = []
    windows: dict[str, WindowSummary] = {}
    for label, span in chosen.windows.items():
        rows, bad = _window_rows(measured, label, span)
        table += rows
        thin += bad
        windows[label] = _summary(measured, rows, span, chosen, rng)
    by = _families({name: _groups(measured, table, name, chosen, rng) for name in chosen.by})
    last = max(span[1] for span in chosen.windows.values())
    captures = capture(panel, returns, measured.events, RoundTrip(last=last, at=chosen.at))
    return Study(
        chosen, measured.events, tuple(table), together(windows), by, _path(measured, chosen), captures, waterfall(captures),
        (*refused, *thin), (*ended, *_warnings(panel, returns)), panel.simulated, trails=_trails(measured, launches, chosen),
    )  # fmt: skip


def _measure(
    panel: Panel, simple: F8, factor: F8 | None, events: Sequence[Event], options: StudyOptions
) -> tuple[_Measured, list[Refusal]]:
    """Abnormal returns of the events whose estimation window holds enough observations."""
    spans = options.windows.values()
    offsets = np.arange(
        options.estimation[0], max(0, *(span[1] for span in spans)) + UNLOCK + 1, dtype=np.int32
    )
    column = np.array([event.column for event in events], np.int32)
    row = np.array([event.day0 for event in events], np.int32)
    rows = event_rows(panel.exchange_open, panel.exchange_of[column].astype(np.int32), row, offsets)
    abnormal = abnormal_returns(
        event_values(simple, rows, column), None if factor is None else event_values(factor, rows, column),
        model=options.model, rows=rows, offsets=offsets, estimation=options.estimation,
    )  # fmt: skip
    at_limit = event_values(sealed(panel).astype(float), rows, column) > 0
    usable = abnormal.usable(options.least)
    thin = [
        _thin(event, int(observed), options.least)
        for event, observed, enough in zip(events, abnormal.observations, usable, strict=True)
        if not enough
    ]
    clean = np.array([not (options.confounds == "drop" and event.confounds) for event in events], bool)
    thin += [
        Refusal(e.launch, e.code, f"confounded by {', '.join(e.confounds)}", kind="confounded")
        for k, e in enumerate(events)
        if usable[k] and not clean[k]
    ]
    kept = usable & clean if len(events) else np.zeros(0, bool)
    chosen = tuple(event for event, keep in zip(events, kept, strict=True) if keep)
    return _Measured(chosen, abnormal.keep(kept), at_limit[kept], panel.sessions), thin


def _thin(event: Event, observed: int, least: int) -> Refusal:
    """Why an event's estimation window is not enough."""
    if observed >= least:
        return Refusal(
            event.launch, event.code, "its price did not move in the estimation window", kind="still"
        )
    why = f"{observed} usable returns in the estimation window; it needs {least}"
    return Refusal(event.launch, event.code, why, kind="thin")


def _window_rows(measured: _Measured, label: str, span: Span) -> tuple[list[CarRow], list[Refusal]]:
    """Table rows of one window; an event that traded on fewer than half of its days is refused."""
    sample = measured.abnormal.window(*span)
    length = span[1] - span[0] + 1
    offsets = measured.abnormal.offsets
    inside = (offsets >= span[0]) & (offsets <= span[1])
    at_limit = measured.sealed[:, inside]
    before = measured.sealed[:, np.flatnonzero(inside)[0] - 1]
    unlocked = _unlocked(measured, sample, span[1])
    rows: list[CarRow] = []
    refused: list[Refusal] = []
    for k, event in enumerate(measured.events):
        if (sample.rows[k] < 0).any() or 2 * sample.n[k] < length:
            why = f"traded on {int(sample.n[k])} of {length} days, or the panel ends"
            refused.append(Refusal(event.launch, event.code, why, label, "few_days"))
            continue
        rows.append(
            CarRow(
                event.launch, event.code, str(measured.sessions[event.day0]), label, 100 * float(sample.car[k]),
                int(sample.n[k]), 100 * float(sample.bhar[k]), float(sample.scar[k]), int(at_limit[k].sum()),
                bool(at_limit[k, -1] or before[k]), 100 * float(unlocked[k]),
            )
        )  # fmt: skip
    return rows, refused


def _unlocked(measured: _Measured, sample: Sample, last: int) -> F8:
    """CAR of a window prolonged, while its last close lay at a limit, to the first traded close that did not; (E,)."""
    offsets = measured.abnormal.offsets
    end = int(np.flatnonzero(offsets == last)[0])
    car = sample.car.copy()
    locked = measured.sealed[:, end].copy()
    for place in range(end + 1, min(end + UNLOCK + 1, len(offsets))):
        ar = measured.abnormal.ar[:, place]
        moves = locked & np.isfinite(ar)
        car = np.where(moves, car + np.where(moves, ar, 0.0), car)
        locked &= ~np.isfinite(ar) | measured.sealed[:, place]
    return np.where(locked, np.nan, car)


def _summary(
    measured: _Measured, rows: Sequence[CarRow], span: Span, options: StudyOptions, rng: np.random.Generator
) -> WindowSummary:
    """Means and tests of the events that have a row in this window."""
    having = {(row.launch, row.code) for row in rows}
    kept = np.array([(e.launch, e.code) in having for e in measured.events], bool)
    events = [event for event, keep in zip(measured.events, kept, strict=True) if keep]
    weights = np.array([1.0 / (1 + len(event.confounds)) for event in events])
    weighted = options.confounds == "weight"
    tests = battery(
        measured.abnormal.keep(kept), span, total=len(measured.sessions), draws=options.draws, rng=rng,
        weights=weights if weighted else None,
    )  # fmt: skip
    car = np.array([row.car for row in rows])
    n = len(rows)
    free = np.array([row.car_unlocked for row in rows])
    free = free[np.isfinite(free)]
    nothing = float("nan")
    mean = float(np.average(car, weights=weights if weighted else None)) if n else nothing
    return WindowSummary(
        span[0], span[1], n, mean, float(np.median(car)) if n else nothing,
        float((car > 0).mean()) if n else nothing, float(np.mean([row.bhar for row in rows])) if n else nothing,
        float(free.mean()) if len(free) else nothing, sum(row.censored for row in rows), tests,
        100 * cluster_deviation(measured.abnormal.keep(kept).window(*span)),
    )  # fmt: skip


def _groups(
    measured: _Measured, table: Sequence[CarRow], name: str, options: StudyOptions, rng: np.random.Generator
) -> dict[str, dict[str, WindowSummary]]:
    """Summaries of each value of an attribute of the events, windows inside."""
    value = {(e.launch, e.code): getattr(e, name) or "(none)" for e in measured.events}
    groups: dict[str, dict[str, WindowSummary]] = {}
    for group in sorted(set(value.values())):
        groups[group] = {
            label: _summary(
                measured,
                [r for r in table if r.window == label and value[r.launch, r.code] == group],
                span,
                options,
                rng,
            )
            for label, span in options.windows.items()
        }
    return groups


def _families(
    by: Mapping[str, Mapping[str, Mapping[str, WindowSummary]]],
) -> dict[str, dict[str, dict[str, WindowSummary]]]:
    """The windows of all groups of all attributes as one family."""
    flat = {
        (name, group, label): window
        for name, groups in by.items()
        for group, windows in groups.items()
        for label, window in windows.items()
    }
    families: dict[str, dict[str, dict[str, WindowSummary]]] = {name: {} for name in by}
    for (name, group, label), window in together(flat).items():
        families[name].setdefault(group, {})[label] = window
    return families


def _trails(measured: _Measured, launches: Launches, options: StudyOptions) -> tuple[Trail, ...]:
    spans = options.windows.values()
    span = (min(first for first, _ in spans), max(last for _, last in spans))
    return trails(measured.events, measured.abnormal, measured.sealed, launches, measured.sessions, span)


def _path(measured: _Measured, options: StudyOptions) -> Path:
    """Mean cumulated abnormal return day by day, over the events whose whole path lies inside the panel."""
    first = min(span[0] for span in options.windows.values())
    last = max(span[1] for span in options.windows.values())
    offsets = np.arange(first, last + 1, dtype=np.int32)
    whole = measured.abnormal.window(first, last)
    kept = measured.abnormal.keep(np.asarray((whole.rows >= 0).all(axis=1)))
    mean, wide, n = (np.full(len(offsets), np.nan) for _ in range(3))
    for k, offset in enumerate(offsets):
        sample = kept.window(first, int(offset))
        n[k] = int(np.isfinite(sample.car).sum())
        if n[k]:
            mean[k], wide[k] = 100 * np.nanmean(sample.car), 196 * cluster_deviation(sample)
    return Path(offsets, mean, mean - wide, mean + wide, n.astype(np.int32))


def _short_factors(panel: Panel, levels: Mapping[str, Level]) -> tuple[str, ...]:
    """A sentence for each benchmark or peer whose bars do not cover the sessions of its market."""
    told = []
    for code, one in levels.items():
        own = np.flatnonzero(one.is_open)
        known = own[np.isfinite(one.level[own])]
        if not len(known):
            told.append(f"{code} has no bars in this span: nothing is measured against it")
        elif known[0] > own[0] or known[-1] < own[-1]:
            told.append(
                f"{code} has bars from {panel.sessions[known[0]]} to {panel.sessions[known[-1]]} only: launches whose windows "
                "lie beyond are not measured against it; give a benchmark that covers the span"
            )
    return tuple(told)


def _warnings(panel: Panel, returns: Returns) -> tuple[str, ...]:
    warnings = list(from_bars(panel.calendar, panel.sessions))
    if panel.simulated:
        warnings.append("the prices are simulated: nothing here says anything about a real launch")
    if returns.gaps:
        warnings.append(f"{returns.gaps} returns over long gaps in the bars were left out")
    return tuple(warnings)
