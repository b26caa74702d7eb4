"""Small still pictures of launches on the prices of their names, for paper and readers without scripts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from .axes import Axis
from .marks import area, box, mark, path, text
from .ticks import level_marks

WIDTH, HEIGHT, LEFT, TOP, FLOOR = 300.0, 176.0, 40.0, 22.0, 156.0
CALM, AFTER = 12, 8  # sessions shown before the first and after the last event
Packed = Mapping[str, Any]


def launch_pictures(packed: Packed) -> list[Markup]:
    """One picture per launch and code with orders, or the launch's first code with bars; from `launch_charts.pack`."""
    return [
        _picture(launch, code, packed["codes"][code], packed["sessions"])
        for launch in packed["launches"]
        for code in _shown(launch, packed["codes"])
    ]


def _shown(launch: Packed, bars: Packed) -> list[str]:
    met = {order[2] for order in (*launch["fills"], *launch["blocks"])}
    known = [code for code in launch["codes"] if code in bars]
    return [code for code in known if code in met] or known[:1]


def _picture(launch: Packed, code: str, bars: Packed, sessions: Sequence[str]) -> Markup:
    orders = {name: [order for order in launch[name] if order[2] == code] for name in ("fills", "blocks")}
    days = [sessions[t] for t in bars["t"]]
    events = [launch["at"][:10], launch["first"], *(order[0] for one in orders.values() for order in one)]
    rows = _window(days, [day for day in events if day])
    x = Axis(-0.7, len(rows) - 0.3, LEFT, WIDTH - 6)
    place = {days[row]: k for k, row in enumerate(rows)}
    y = _levels(bars, rows, orders["fills"])
    parts = [
        *_frame(y), *_moments(launch, days, rows, x), *_candles(bars, rows, x, y), *_limits(bars, rows, x, y),
        *_orders(orders, bars, place, days, x, y),
    ]  # fmt: skip
    title = f"{launch['id']} · {code}"
    if rows:
        parts += [
            text(LEFT, HEIGHT - 6, days[rows[0]]),
            text(WIDTH - 6, HEIGHT - 6, days[rows[-1]], anchor="end"),
        ]
    parts.append(text(LEFT, 13, f"{title} · {launch['company']}"[:44], color="ink"))
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="still">{}</svg>').format(
        f"{WIDTH:g}",
        f"{HEIGHT:g}",
        f"{title}: {launch['company']}, {launch['product']}",
        Markup("".join(parts)),
    )


def _window(days: Sequence[str], events: Sequence[str]) -> list[int]:
    """Positions of the sessions from some before the first event to some after the last."""
    first, last = min(events), max(events)
    before = [i for i, day in enumerate(days) if day < first][-CALM:]
    within = [i for i, day in enumerate(days) if first <= day <= last]
    return before + within + [i for i, day in enumerate(days) if day > last][:AFTER]


def _levels(bars: Packed, rows: Sequence[int], fills: Sequence[Any]) -> Axis:
    seen = [bars[key][i] for i in rows for key in ("l", "h") if bars[key][i] is not None]
    seen += [float(fill[4]) for fill in fills]
    low, high = (min(seen), max(seen)) if seen else (0.0, 1.0)
    pad = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
    return Axis(low - pad, high + pad, FLOOR, TOP)


def _frame(y: Axis) -> Iterator[str]:
    for level, words in level_marks(y.low, y.high, most=3):
        yield path([(LEFT, y.on(level)), (WIDTH - 6, y.on(level))], "var:rule", width=0.7)
        yield text(LEFT - 4, y.on(level) + 4, words, anchor="end")


def _moments(launch: Packed, days: Sequence[str], rows: Sequence[int], x: Axis) -> Iterator[str]:
    """The announcement, a line at its moment or a band over what is known of it, and the first tradable session."""
    shown = [days[row] for row in rows]
    if launch["first"] in shown:
        k = shown.index(launch["first"])
        yield box((x.on(k - 0.5), x.on(k + 0.5)), (TOP, FLOOR), "var:strategy", soft=True)
    at = launch["at"]
    places = [_place(shown, moment) for moment in _span(at, launch["precision"], launch["between"])]
    if len(places) == 1:
        yield path([(x.on(places[0]), TOP), (x.on(places[0]), FLOOR)], "var:ink", width=1.2, dash="dash")
    elif places:
        yield area(
            [(x.on(places[k]), y) for k, y in ((0, TOP), (1, TOP), (1, FLOOR), (0, FLOOR))], "var:faint"
        )


def _span(at: str, precision: str, between: Sequence[str]) -> list[datetime]:
    """The moment of an announcement, or the two between which it came."""
    if between:
        return [datetime.fromisoformat(end) for end in between]
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return []
    day = moment.replace(hour=0, minute=0)
    return [day, day + timedelta(days=1)] if precision == "date" else [moment]


def _place(days: Sequence[str], moment: datetime) -> float:
    """Where a moment lies between sessions, each of which fills its calendar day; days without one have no width."""
    day = moment.date().isoformat()
    before = sum(other < day for other in days)
    share = (moment.hour + moment.minute / 60) / 24 if day in days else 0.0
    return before - 0.5 + share


def _candles(bars: Packed, rows: Sequence[int], x: Axis, y: Axis) -> Iterator[str]:
    """Thin lines from low to high; bodies hollow where the price rose. One path for all lines and each kind of body."""
    wicks: list[str] = []
    rose: list[str] = []
    fell: list[str] = []
    opens, highs, lows, closes = (bars[key] for key in "ohlc")
    for k, i in enumerate(rows):
        first, high, low, last = opens[i], highs[i], lows[i], closes[i]
        if first is None or high is None or low is None or last is None:
            continue
        top, bottom = y.on(max(first, last)), y.on(min(first, last))
        left, middle, right = f"{x.on(k - 0.32):.1f}", f"{x.on(k):.1f}", f"{x.on(k + 0.32):.1f}"
        wicks += [f"M{middle},{y.on(high):.1f}V{top:.1f}M{middle},{bottom:.1f}V{y.on(low):.1f}"]
        body = f"M{left},{top:.1f}H{right}V{max(bottom, top + 0.5):.1f}H{left}z"
        (rose if last >= first else fell).append(body)
    yield f'<path d="{"".join(wicks + rose)}" fill="none" stroke-width=".8" class="s-soft" stroke="#59626c"/>'
    yield f'<path d="{"".join(fell)}" class="f-soft" fill="#59626c"/>'


def _limits(bars: Packed, rows: Sequence[int], x: Axis, y: Axis) -> Iterator[str]:
    """The price limits of each session that lie inside the picture."""
    for key in ("u", "d"):
        points: list[tuple[float | None, float | None]] = []
        for k, i in enumerate(rows):
            level = bars[key][i]
            if level is None or not y.low <= level <= y.high:
                points.append((None, None))
            else:
                points += [(x.on(k - 0.5), y.on(level)), (x.on(k + 0.5), y.on(level))]
        if any(point[0] is not None for point in points):
            yield path(points, "var:paper", width=1, dash="dot")


def _orders(
    orders: Packed, bars: Packed, place: Mapping[str, int], days: Sequence[str], x: Axis, y: Axis
) -> Iterator[str]:
    """Triangles up where shares were bought and down where they were sold, hollow ones at exits; crosses at blocks."""
    for session, _, _, shares, price, reason in orders["fills"]:
        if session in place:
            symbol = ("triangle-up" if shares > 0 else "triangle-down") + (
                "" if reason == "entry" else "-open"
            )
            yield mark(symbol, x.on(place[session]), y.on(float(price)), 9, "var:strategy")
    for session, *_ in orders["blocks"]:
        if session in place:
            i = days.index(session)
            level = next((bars[key][i] for key in "ocu" if bars[key][i] is not None), y.high)
            yield mark("x", x.on(place[session]), y.on(min(max(level, y.low), y.high)), 8, "var:short")
