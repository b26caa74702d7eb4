"""Pictures of sessions seen from inside: the minutes of a code, the news, the limits, sealed bars, fills and blocks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from ...data.arrays import F8, I8
from ...data.calendars.hours import clock, hm
from ...engine.legs import AT_NAMES
from ...engine.results.result import Result
from ..numbers.formats import visible
from .axes import Axis
from .marks import box, mark, path, text
from .ticks import level_marks

WIDTH, HEIGHT, LEFT, TOP, FLOOR = 300.0, 176.0, 40.0, 22.0, 156.0
MOST = 60  # pictures of a page
WIDEST = 110  # strokes of a picture; finer bars are drawn together
NEAR = 1e-6
OPENING, TOUCHED, CLOSING = AT_NAMES


class Inside(NamedTuple):
    """The bars of a code in a session: when each starts and stops (minutes after midnight), prices, limits (NaN for none)."""

    session: str
    code: str
    start: I8
    stop: I8
    high: F8
    low: F8
    close: F8
    up: float
    down: float


def day_pictures(result: Result, packed: Mapping[str, Any]) -> list[Markup]:
    """One picture for each session and code in which an order met minute bars, in order of time; at most MOST.

    Where there are more, those of launches whose news came in the session go before the others. `packed` is that of the launch charts, whose launches say when their news came.
    """
    limits = result.prices.set_index(["session", "code"])[["limit_up", "limit_down"]]
    fills, blocks = (_by_day(table) for table in (result.fills, result.blocks))
    news = {launch["id"]: launch for launch in packed["launches"]}
    own = {(str(launch["at"])[:10], code) for launch in packed["launches"] for code in launch["codes"]}
    days = sorted(_days(result), key=lambda one: one[0] not in own)[:MOST]
    pictures = []
    for (session, code), bars in sorted(days, key=lambda one: one[0]):
        up, down = (float(limits[name].loc[(session, code)]) for name in limits.columns)
        high, low, close = (bars[name].to_numpy(np.float64) for name in ("high", "low", "close"))
        start, stop = _minutes(bars["start"]), _minutes(bars["stop"])
        inside = Inside(session, code, start, stop, high, low, close, up, down)
        mine, lacking = (one.get((session, code), []) for one in (fills, blocks))
        told = [
            news[name] for name in dict.fromkeys(visible(row[3]) for row in (*mine, *lacking)) if name in news
        ]
        pictures.append(_picture(inside, mine, lacking, told))
    return pictures


def more_days(result: Result) -> int:
    """How many sessions of a code are not drawn."""
    return max(len(_days(result)) - MOST, 0)


def _days(result: Result) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    return [
        ((str(day), str(code)), bars)
        for (day, code), bars in result.minutes.groupby(["session", "code"], sort=True)
    ]


def _by_day(table: pd.DataFrame) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """Moment, price or NaN, signed shares, launch and reason of each order, by session and code."""
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    price = table["price"] if "price" in table.columns else pd.Series(np.nan, table.index)
    shares = table["shares" if "shares" in table.columns else "wanted"]
    rows = zip(
        table["session"],
        table["code"],
        table["at"],
        price,
        shares,
        table["launch"],
        table["reason"],
        strict=True,
    )
    for session, code, *order in rows:
        found.setdefault((str(session), str(code)), []).append(tuple(order))
    return found


def _minutes(clocks: pd.Series) -> I8:
    return np.array([hm(one) for one in clocks], np.int64)


def _picture(
    day: Inside,
    fills: Sequence[tuple[Any, ...]],
    blocks: Sequence[tuple[Any, ...]],
    news: Sequence[Mapping[str, Any]],
) -> Markup:
    n = len(day.start)
    x = Axis(-0.5, n - 0.5, LEFT, WIDTH - 6)
    y = _levels(day, [float(one[1]) for one in fills])
    parts = [*_frame(y), *_sealed(day, x), *_lunch(day, x, y), *_limits(day, x, y), *_path(day, x, y)]
    for launch in news:
        if launch["at"][:10] == day.session and launch["precision"] != "date" and not launch["between"]:
            at = _moment_at(day, launch["at"][11:])
            parts.append(path([(x.on(at), TOP), (x.on(at), FLOOR)], "var:ink", width=1.2, dash="dash"))
    for at, price, shares, _, reason in fills:
        symbol = ("triangle-up" if shares > 0 else "triangle-down") + ("" if reason == "entry" else "-open")
        parts.append(mark(symbol, x.on(_order_at(day, at)), y.on(float(price)), 9, "var:strategy"))
    for at, *_ in blocks:
        place = _order_at(day, at)
        near = float(day.close[int(np.clip(place, 0, n - 1))])
        parts.append(mark("x", x.on(place), y.on(near), 8, "var:short"))
    title = f"{day.code} · {day.session}"
    names = ", ".join(dict.fromkeys(str(launch["id"]) for launch in news))
    parts += [
        text(LEFT, HEIGHT - 6, clock(int(day.start[0]))),
        text(WIDTH - 6, HEIGHT - 6, clock(int(day.stop[-1])), anchor="end"),
        text(LEFT, 13, f"{title} · {names}"[:40], color="ink"),
    ]
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="still">{}</svg>').format(
        f"{WIDTH:g}", f"{HEIGHT:g}", f"{title}: {names}", Markup("".join(parts))
    )


def _order_at(day: Inside, at: str) -> float:
    """Where an order stands among the bars: in the middle of the one it met, the auctions at both ends."""
    if at in (OPENING, CLOSING):
        return -0.5 if at == OPENING else len(day.start) - 0.5
    if at == TOUCHED:
        return (len(day.start) - 1) / 2  # in the daily bar: nobody knows when
    return float(np.searchsorted(day.start, hm(at)))


def _moment_at(day: Inside, at: str) -> float:
    """Where a clock time stands among the bars; before the first, in the lunch break and after the last at their edges."""
    k = int(np.searchsorted(day.start, hm(at), side="right")) - 1
    if k < 0:
        return -0.5
    part = (hm(at) - int(day.start[k])) / max(int(day.stop[k] - day.start[k]), 1)
    return k - 0.5 + min(part, 1.0)


def _levels(day: Inside, prices: Sequence[float]) -> Axis:
    low, high = (
        min(float(np.nanmin(day.low)), *prices, np.inf),
        max(float(np.nanmax(day.high)), *prices, -np.inf),
    )
    pad = 0.12 * (high - low) or 0.01 * abs(high) or 1.0
    return Axis(low - pad, high + pad, FLOOR, TOP)


def _frame(y: Axis) -> Iterator[str]:
    for level, words in level_marks(y.low, y.high, most=3):
        yield path([(LEFT, y.on(level)), (WIDTH - 6, y.on(level))], "var:rule", width=0.7)
        yield text(LEFT - 4, y.on(level) + 4, words, anchor="end")


def _sealed(day: Inside, x: Axis) -> Iterator[str]:
    """Bars that lie wholly on a limit, one box for each stretch of them."""
    for limit in (day.up, day.down):
        on = (np.abs(day.high - limit) < NEAR) & (np.abs(day.low - limit) < NEAR)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(int)))
        for a, b in edges.reshape(-1, 2).tolist():
            yield box((x.on(a - 0.5), x.on(b - 0.5)), (TOP, FLOOR), "var:band")


def _lunch(day: Inside, x: Axis, y: Axis) -> Iterator[str]:
    """A line where the lunch break is cut out."""
    for k in np.flatnonzero(day.start[1:] - day.stop[:-1] >= 60).tolist():
        yield path([(x.on(k + 0.5), TOP), (x.on(k + 0.5), FLOOR)], "var:rule", width=0.7)


def _limits(day: Inside, x: Axis, y: Axis) -> Iterator[str]:
    for level in (day.up, day.down):
        if np.isfinite(level) and y.low <= level <= y.high:
            yield path([(LEFT, y.on(level)), (WIDTH - 6, y.on(level))], "var:paper", width=1, dash="dot")


def _path(day: Inside, x: Axis, y: Axis) -> Iterator[str]:
    """From low to high a thin stroke for each bar, or for several together, and the closes as a line."""
    n = len(day.start)
    first = np.arange(0, n, -(-n // WIDEST))
    last = np.append(first[1:], n) - 1
    middle = [x.on((a + b) / 2) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    highs, lows = np.maximum.reduceat(day.high, first), np.minimum.reduceat(day.low, first)
    wicks = "".join(
        f"M{at:.1f},{y.on(float(high)):.1f}V{y.on(float(low)):.1f}"
        for at, high, low in zip(middle, highs, lows, strict=True)
    )
    yield f'<path d="{wicks}" fill="none" stroke-width=".8" class="s-faint" stroke="#6a727b"/>'
    yield path(
        [(at, y.on(float(day.close[b]))) for at, b in zip(middle, last.tolist(), strict=True)],
        "var:soft",
        width=1,
    )
