"""The bars, orders and moments of every launch, packed for the one chart that the page draws on demand."""

from typing import Any

import numpy as np
import pandas as pd

from ...engine.results.result import Result
from ..numbers.clocks import clock_width
from ..numbers.formats import visible
from .plots import rounded

DAY = 24.0  # hours
BEFORE, AFTER = 20, 15  # sessions shown around the first and the last event of a launch
_PRICES = {"open": "o", "high": "h", "low": "l", "close": "c", "limit_up": "u", "limit_down": "d"}


def pack(result: Result) -> dict[str, Any]:
    """Everything the launch chart needs, without repeating a bar.

    `sessions`: the dates that `t` counts; `codes`: per code the rows shown (`t`), prices and limits (null where there is
    none), `shut` (positions in `t` without trading); `launches`: one entry each, with its codes, fills and blocks.
    """
    sessions = result.equity["session"].tolist()
    row = {day: t for t, day in enumerate(sessions)}
    fills, blocks = _by_launch(result.fills), _by_launch(result.blocks)
    launches: list[dict[str, Any]] = []
    windows: dict[str, set[int]] = {}
    for entry in result.launches.itertuples():
        name = str(entry.launch)
        packed = _launch(entry, fills.get(name), blocks.get(name))
        launches.append(packed)
        for code in packed["codes"]:
            windows.setdefault(code, set()).update(_window(packed, code, row, len(sessions)))
    return {"sessions": sessions, "codes": _codes(result.prices, windows, row), "launches": launches}


def _by_launch(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(name): group for name, group in table.groupby("launch", sort=False)}


def _launch(entry: Any, fills: pd.DataFrame | None, blocks: pd.DataFrame | None) -> dict[str, Any]:
    orders = []
    if fills is not None:
        columns = ("session", "at", "code", "shares", "price", "reason")
        orders += [list(row) for row in fills[list(columns)].itertuples(index=False, name=None)]
    attempts = []
    if blocks is not None:
        columns = ("session", "at", "code", "wanted", "filled", "reason")
        attempts = [list(row) for row in blocks[list(columns)].itertuples(index=False, name=None)]
    named = [word.split(":")[0].strip() for word in str(entry.codes).split(";") if word.strip()]
    met = [str(order[2]) for order in orders + attempts]
    return {
        "id": visible(entry.launch), "company": visible(entry.company), "product": visible(entry.product),
        "kind": visible(entry.kind), "at": local_time(entry.announced_at), "precision": str(entry.precision),
        "told": announced(entry.announced_at, str(entry.precision), entry.earliest, entry.latest),
        "between": _between(entry.earliest, entry.latest),
        "first": str(entry.first_session), "codes": list(dict.fromkeys(met + named)), "fills": orders,
        "blocks": attempts,
    }  # fmt: skip


def local_time(announced_at: object) -> str:
    """The announcement on Hong Kong clocks, as YYYY-MM-DD HH:MM; a text that is no moment stays as it is."""
    try:
        moment = pd.Timestamp(str(announced_at))
    except ValueError:
        return visible(announced_at)
    if moment.tzinfo is not None:
        moment = moment.tz_convert("Asia/Hong_Kong")
    return moment.strftime("%Y-%m-%d %H:%M")


def announced(announced_at: object, precision: str, earliest: object, latest: object) -> str:
    """When the news came, as far as it is known: a time, `by` a time, a day, or the two instants between which it did."""
    time, width = local_time(announced_at), clock_width(earliest, latest)
    if width > 0 and (precision, width) != ("date", DAY):
        return f"{local_time(earliest)} to {local_time(latest)}"
    return (
        f"by {time}"
        if precision == "upper_bound" and width != 0
        else time[:10]
        if precision == "date"
        else time
    )


def _between(earliest: object, latest: object) -> list[str]:
    """The two instants on Hong Kong clocks where they differ and both are known, else nothing."""
    return [local_time(earliest), local_time(latest)] if clock_width(earliest, latest) > 0 else []


def _window(launch: dict[str, Any], code: str, row: dict[str, int], n: int) -> range:
    days = [launch["at"][:10], launch["first"]]
    days += [order[0] for order in launch["fills"] + launch["blocks"] if order[2] == code]
    rows = [row[day] for day in days if day in row]
    if not rows:
        return range(0)
    return range(max(0, min(rows) - BEFORE), min(n, max(rows) + AFTER + 1))


def _codes(prices: pd.DataFrame, windows: dict[str, set[int]], row: dict[str, int]) -> dict[str, Any]:
    packed = {}
    for code, bars in prices.groupby("code", sort=True):
        wanted = windows.get(str(code))
        if not wanted:
            continue
        t = bars["session"].map(row)
        shown = bars[t.isin(wanted)]
        at = t[t.isin(wanted)].astype(int).tolist()
        quiet = np.flatnonzero((shown["status"] != "trading").to_numpy()).tolist()
        packed[str(code)] = {
            "t": at, "shut": quiet, "why": shown["status"].iloc[quiet].tolist(),
            **{short: rounded(shown[name], 3) for name, short in _PRICES.items()},
        }  # fmt: skip
    return packed
