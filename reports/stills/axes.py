"""The two axes of a still picture: what lies where."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Span = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """One axis: `low` to `high` in data lies on `start` to `end` in the picture; `kind` is number, day or name."""

    low: float
    high: float
    start: float
    end: float
    kind: str = "number"
    names: tuple[str, ...] = ()

    def at(self, value: Any) -> float | None:
        """Where a value lies in the picture; None for a missing one."""
        return None if value is None else self.on(self.number(value))

    def on(self, place: float) -> float:
        """Where a place of the axis lies: a level, a day's ordinal, the number of a name."""
        return self.start + (place - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)

    def number(self, value: Any) -> float:
        """The place of a value on the axis."""
        if self.kind == "day":
            return float(date.fromisoformat(str(value)[:10]).toordinal())
        return float(self.names.index(str(value))) if self.kind == "name" else float(value)


def x_axis(data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], span: Span) -> Axis:
    """The lower axis, which all traces share: days, names or numbers, as the values are."""
    values = [value for trace in data for value in trace.get("x", ()) if value is not None]
    if layout.get("xaxis", {}).get("type") == "category" or _are_names(values):
        names = tuple(dict.fromkeys(map(str, values)))
        return Axis(-0.6, max(len(names), 1) - 0.4, *span, "name", names)
    if values and isinstance(values[0], str):
        days = [date.fromisoformat(value[:10]).toordinal() for value in values]
        return Axis(min(days), max(days), *span, "day")
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    pad = 0.5 * gap(values) if any(trace["type"] == "bar" for trace in data) else 0.02 * (high - low)
    return Axis(low - pad, high + pad, *span)


def _are_names(values: Sequence[Any]) -> bool:
    """Whether an axis holds words: text that is not a day."""
    first = values[0] if values else 0
    return isinstance(first, str) and not (
        len(first) >= 10 and first[:4].isdigit() and first[4] == first[7] == "-"
    )


def gap(values: Sequence[float]) -> float:
    """The smallest step between two values; 1 where there is none."""
    each = sorted(set(values))
    return min((b - a for a, b in itertools.pairwise(each)), default=1.0)


def y_axis(data: Sequence[Mapping[str, Any]], own: Mapping[str, Any], span: Span) -> Axis:
    """The upright axis of the traces on it; bars and areas stand on zero."""
    if own.get("type") == "category":
        names = tuple(dict.fromkeys(str(value) for trace in data for value in trace["y"]))
        first, last = reversed(span) if own.get("autorange") == "reversed" else span
        return Axis(-0.5, max(len(names), 1) - 0.5, first, last, "name", names)
    levels = [level for trace in data for level in _levels(trace)]
    low, high = (min(levels), max(levels)) if levels else (0.0, 1.0)
    pad = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
    from_zero = any(trace["type"] in ("bar", "waterfall") or trace.get("fill") == "tozeroy" for trace in data)
    below, above = (low < 0 or not from_zero), (high > 0 or not from_zero)
    return Axis(low - pad * below, high + (2 if from_zero else 1) * pad * above, *span)


def _levels(trace: Mapping[str, Any]) -> Iterator[float]:
    if trace["type"] == "waterfall":
        for bottom, top in steps(trace["y"]):
            yield from (bottom, top)
        return
    yield from (value for value in trace["y"] if value is not None)
    if trace["type"] == "bar" or trace.get("fill") == "tozeroy":
        yield 0.0


def steps(values: Sequence[float | None]) -> list[tuple[float, float]]:
    """From where to where each bar of a waterfall goes; the first and the last stand on zero."""
    spans, level = [], 0.0
    for i, value in enumerate(float(value or 0.0) for value in values):
        start = 0.0 if i in (0, len(values) - 1) else level
        level = start + value
        spans.append((start, level))
    return spans
