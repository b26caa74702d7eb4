"""Small multiples of a study: one card per launch, its names' abnormal returns around the news, and what could be held."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from markupsafe import Markup

from ..data.figures import number
from ..engine.study.capturable import Capture
from ..engine.study.events import Event
from ..engine.study.findings import Study
from ..engine.study.trails import Trail
from .charts.launches import local_time
from .charts.plots import rounded
from .numbers.formats import exact, visible
from .stills.marks import COLORS

INKS = ("strategy", "paper", "long", "violet", "short", "benchmark")


@dataclass(frozen=True)
class Name:
    """One code of a card. `moved` and `captured` in percent as told, `held` the sessions between which an order held it."""

    code: str
    role: str
    ink: str
    sign: str
    moved: str
    captured: str
    held: str
    limits: int


@dataclass(frozen=True)
class Card:
    """One launch; `box` is the viewBox that its picture fills. `moved` and `captured` are means over its names for sorting, as Python prints them."""

    id: str
    company: str
    product: str
    kind: str
    announced: str
    order: str
    names: tuple[Name, ...]
    moved: str
    captured: str
    picture: Markup
    box: str
    high: str
    low: str


def cards(study: Study) -> tuple[Card, ...]:
    """A card for every launch with a trail, by announcement; and all pictures can be seen in one `shared_box`."""
    events = {(event.launch, event.code): event for event in study.events}
    captures = {(row.launch, row.code): row for row in study.captures}
    groups: dict[str, list[Trail]] = {}
    for trail in sorted(study.trails, key=lambda row: (row.announced_at, row.launch)):
        groups.setdefault(trail.launch, []).append(trail)
    offsets = study.path.offsets
    return tuple(_card(group, events, captures, offsets) for group in groups.values())


def shared_box(study: Study) -> str:
    """The view in which the pictures of all cards have one scale."""
    return view(study.path.offsets, [trail.car for trail in study.trails])


def view(offsets: Any, paths: Sequence[Any]) -> str:
    """A viewBox of offsets by percent that holds the paths, and zero."""
    levels = [float(v) for values in paths for v in values[np.isfinite(values)]]
    low, high = min([0.0, *levels]), max([0.0, *levels])
    pad = 0.06 * (high - low) or 1.0
    return f"{offsets[0] - 0.5:g} {-(high + pad):.2f} {offsets[-1] - offsets[0] + 1:g} {high - low + 2 * pad:.2f}"


def edges(box: str) -> tuple[str, str]:
    """What stands at the upper and the lower edge of a picture."""
    _, top, _, height = map(float, box.split())
    return signed(-top), signed(-top - height)


def _card(
    group: Sequence[Trail],
    events: Mapping[tuple[str, str], Event],
    captures: Mapping[tuple[str, str], Capture],
    offsets: Any,
) -> Card:
    first = group[0]
    event = events[first.launch, first.code]
    time = local_time(first.announced_at)
    told = {"date": f"{time[:10]}, time unknown", "upper_bound": f"{time} or before"}
    if first.earliest and first.latest and not _is_day(first):
        told[first.precision] = f"between {local_time(first.earliest)} and {local_time(first.latest)}"
    captured = [captures.get((trail.launch, trail.code)) for trail in group]
    ends = [_end(trail) for trail in group]
    names = tuple(
        _name(trail, end, capture, events[trail.launch, trail.code].role, INKS[i % len(INKS)])
        for i, (trail, end, capture) in enumerate(zip(group, ends, captured, strict=True))
    )
    box = view(offsets, [trail.car for trail in group])
    high, low = edges(box)
    return Card(
        visible(first.launch), visible(event.company), visible(first.product), visible(event.kind),
        told.get(first.precision, time), first.announced_at, names, exact(_mean(ends)),
        exact(_mean([one.captured for one in captured if one])), _picture(group, captured, offsets),
        box, high, low,
    )  # fmt: skip


def _is_day(trail: Trail) -> bool:
    """Whether nothing more is known of a launch than its instant, or than its whole day."""
    width = datetime.fromisoformat(trail.latest) - datetime.fromisoformat(trail.earliest)
    return width == timedelta(0) or (trail.precision == "date" and width == timedelta(days=1))


def _end(trail: Trail) -> float:
    seen = trail.car[np.isfinite(trail.car)]
    return float(seen[-1]) if len(seen) else math.nan


def _mean(values: Sequence[float]) -> float | None:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else None


def _name(trail: Trail, end: float, capture: Capture | None, role: str, color: str) -> Name:
    sign = "–" if not math.isfinite(end) or end == 0 else "▲" if end > 0 else "▼"
    held = f"{capture.entry} to {capture.exit}" if capture and capture.entry else ""
    captured = (
        "not measured" if capture is None else signed(capture.captured) if held else "could not be bought"
    )
    return Name(
        visible(trail.code),
        visible(role),
        color,
        sign,
        signed(end),
        captured,
        held,
        int(trail.at_limit.sum()),
    )


def signed(value: float) -> str:
    """Percent that are percent already, with their sign."""
    text = number(value, 1)
    return (
        f"+{text} %" if math.isfinite(value) and value > 0 else f"{text} %" if math.isfinite(value) else text
    )


def _picture(group: Sequence[Trail], captures: Sequence[Capture | None], offsets: Any) -> Markup:
    """Paths in units of the data, so that a scale is a viewBox; thick where an order could have held the code."""
    parts = [f'<path class="zero" d="M{offsets[0] - 0.5:g},0H{offsets[-1] + 0.5:g}"/>']
    news = sorted({trail.news for trail in group})
    parts += [f'<path class="news" d="M{k + 0.5:g}-999V999"/>' for k in news if offsets[0] <= k < offsets[-1]]
    for i, (trail, capture) in enumerate(zip(group, captures, strict=True)):
        name, points = INKS[i % len(INKS)], _points(trail, offsets)
        entry, leave = (capture.entry, capture.exit) if capture else ("", "")
        held = [(k, level) for k, level, day, _ in points if entry and entry <= day <= leave]
        at_limit = "".join(f"M{k},{-level:.2f}h0" for k, level, _, locked in points if locked)
        drawn = {"": _line([(k, level) for k, level, *_ in points]), "held ": _line(held), "limit ": at_limit}
        parts += [
            f'<path class="{kind}s-{name}" stroke="{COLORS[name]}" d="{d}"/>'
            for kind, d in drawn.items()
            if d
        ]
    return Markup("".join(parts))


def _points(trail: Trail, offsets: Any) -> list[tuple[int, float, str, bool]]:
    """Offset, level, date, and whether it closed at a limit, of the sessions on which the code traded."""
    each = zip(offsets.tolist(), trail.car.tolist(), trail.sessions, trail.at_limit.tolist(), strict=True)
    return [point for point in each if math.isfinite(point[1])]


def _line(places: Sequence[tuple[int, float]]) -> str:
    words = " ".join(f"{k},{-level:.2f}" for k, level in places)
    return f"M{words}" if words else ""


def pack(study: Study) -> dict[str, Any]:
    """The same paths for the large chart of one launch: `days` are the dates that `t` counts, -1 for none."""
    days = sorted({day for trail in study.trails for day in trail.sessions if day})
    place = {day: k for k, day in enumerate(days)} | {"": -1}
    launches: dict[str, list[dict[str, Any]]] = {}
    for trail in study.trails:
        launches.setdefault(visible(trail.launch), []).append(
            {"code": visible(trail.code), "t": [place[day] for day in trail.sessions], "news": trail.news,
             "car": rounded(trail.car, 2), "limit": np.flatnonzero(trail.at_limit).tolist()}
        )  # fmt: skip
    return {"offsets": study.path.offsets.tolist(), "days": days, "launches": launches, "inks": INKS}
