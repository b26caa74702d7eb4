"""A hand-made panel and ledger for the tests of engine/research: real sessions, invented prices."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from launchlab.data.calendars.sessions import sessions, union_sessions
from launchlab.data.instruments.table import Instrument
from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.panel.panel import ACTION, CLOSED, SUSPENDED, TRADING, Panel
from launchlab.data.rules.costs import COST_WIDTH

F8 = NDArray[np.float64]
EXCHANGES = ("XHKG", "XSHG")


def days(start: str = "2025-01-02", end: str = "2025-12-31") -> NDArray[np.datetime64]:
    """The union of the Hong Kong and Shanghai sessions: the rows of the panel."""
    return union_sessions(start, end)


def panel_of(
    close: Mapping[str, F8],
    *,
    rows: NDArray[np.datetime64] | None = None,
    opens: Mapping[str, F8] | None = None,
    limit: float | None = None,
    actions: Sequence[tuple[int, int, float, float]] = (),
    stamp: float = 0.0,
) -> Panel:
    """A panel of closes given per row (T,); NaN is a suspension, closed sessions are ignored.

    `limit` is the band around the last close for mainland codes; `actions` are (row, column, ratio, cash).
    """
    grid = days() if rows is None else rows
    codes = tuple(close)
    t, n = len(grid), len(codes)
    place = np.array([0 if code.endswith(".HK") else 1 for code in codes], np.int8)
    is_open = np.column_stack([np.isin(grid, sessions(x, grid[0], grid[-1])) for x in EXCHANGES])
    price = np.column_stack([np.asarray(close[code], float) for code in codes])
    listed = is_open[:, place]
    traded = listed & np.isfinite(price)
    shown = np.where(traded, price, np.nan)
    mark = _carried(shown)
    open_ = np.column_stack(
        [np.asarray((opens or {}).get(code, price[:, k]), float) for k, code in enumerate(codes)]
    )
    before = np.vstack([np.full(n, np.nan), mark[:-1]])
    band = np.where(place == 1, np.inf if limit is None else limit, np.inf)
    up = np.where(
        np.isfinite(band) & np.isfinite(before), np.round(before * (1 + np.minimum(band, 9)), 2), np.inf
    )
    down = np.where(
        np.isfinite(band) & np.isfinite(before), np.round(before * (1 - np.minimum(band, 1)), 2), 0.0
    )
    ones = np.ones((t, n))
    cost = np.zeros((t, 1, COST_WIDTH))
    cost[:, :, 8::4] = np.inf
    cost[:, :, 1] = stamp
    return Panel(
        sessions=grid, codes=codes, currency="HKD",
        instruments=tuple(Instrument(code=c, exchange=EXCHANGES[p], board="main", currency="HKD") for c, p in zip(codes, place, strict=True)),
        status=np.where(traded, TRADING, np.where(listed, SUSPENDED, CLOSED)).astype(np.int8),
        open=np.where(traded, open_, np.nan), high=np.fmax(shown, np.where(traded, open_, np.nan)),
        low=np.fmin(shown, np.where(traded, open_, np.nan)), close=shown, volume=np.where(traded, 1e9, 0.0),
        mark=mark, ref=before, limit_up=up, limit_down=down,
        lot_min=ones.astype(np.int32), lot_step=ones.astype(np.int32), max_order=(ones * 1e6).astype(np.int32),
        t_plus_one=np.zeros((t, n), bool), shortable=np.ones((t, n), bool), borrow=np.zeros((t, n)),
        tick_table=np.zeros((t, n), np.int8), tick_bounds=np.array([[np.inf]]), tick_sizes=np.array([[0.01]]),
        cost_class=np.zeros(n, np.int16), costs=cost, currencies=("HKD",), currency_of=np.zeros(n, np.int8),
        fx=np.ones((t, 1)), exchanges=EXCHANGES, exchange_of=place, exchange_open=is_open,
        sessions_done=np.cumsum(is_open, axis=0).astype(np.int32),
        actions=np.array([(r, c, ratio, cash, cash) for r, c, ratio, cash in actions], ACTION),
    )  # fmt: skip


def _carried(shown: F8) -> F8:
    mark = shown.copy()
    for row in range(1, len(mark)):
        mark[row] = np.where(np.isnan(mark[row]), mark[row - 1], mark[row])
    return mark


def launch(
    name: str,
    when: str,
    codes: Sequence[str],
    *,
    company: str = "",
    kind: str = "launch",
    precision: str = "exact",
) -> Launch:
    """A launch at an instant with its zone, on codes without roles."""
    return Launch(
        name, datetime.fromisoformat(when), precision, company or f"maker of {name}", name, kind,  # type: ignore[arg-type]
        tuple(LaunchCode(code) for code in codes),
    )  # fmt: skip


def ledger(*rows: Launch) -> Launches:
    """The launches in order, under the default clock."""
    return Launches(tuple(rows))


def walk(rows: int, seed: int, volatility: float = 0.02, start: float = 100.0) -> F8:
    """Prices of a random walk, (rows,)."""
    shocks = np.random.default_rng(seed).standard_normal(rows) * volatility
    return np.asarray(start * np.cumprod(1 + shocks))
