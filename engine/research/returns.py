"""Daily returns of a panel, whole of corporate actions, each code on the clock of its own exchange."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError
from ...data.panel import TRADING, Panel

F8 = NDArray[np.float64]

MAX_GAP = 20  # sessions; a price that returns after a longer silence is not a daily return


@dataclass(frozen=True)
class Returns:
    """Simple returns (T, N) since each code's last traded close; NaN where it did not trade.

    `growth` (T, N) turns a raw price of row t into one comparable across actions: price × growth. `since` (T, N)
    is the row of that last traded close, -1 where there is none.
    """

    simple: F8
    growth: F8
    since: NDArray[np.int32]
    gaps: int


def growth_of(panel: Panel) -> F8:
    """Shares and reinvested cash that one share of row 0 has become by each row, (T, N).

    Cash is reinvested at that row's mark: (close × ratio + cash) / previous close is the day's gross return.
    """
    step = np.ones(panel.mark.shape)
    for action in panel.actions:
        t, i = int(action["row"]), int(action["code"])
        price = panel.mark[t, i]
        cash = float(action["cash"])
        step[t, i] *= float(action["ratio"]) + (cash / price if price > 0 and cash else 0.0)
    return np.asarray(np.cumprod(step, axis=0), dtype=np.float64)


def panel_returns(panel: Panel, max_gap: int = MAX_GAP) -> Returns:
    """Returns of every code between its traded closes; those over more than `max_gap` own sessions are dropped."""
    growth = growth_of(panel)
    level = panel.close * growth
    simple = np.full(level.shape, np.nan)
    since = np.full(level.shape, -1, np.int32)
    gaps = 0
    for i in range(len(panel.codes)):
        rows = np.flatnonzero((panel.status[:, i] == TRADING) & np.isfinite(level[:, i]))
        before, now = rows[:-1], rows[1:]
        done = panel.sessions_done[:, panel.exchange_of[i]]
        near = (done[now] - done[before]) <= max_gap
        gaps += int((~near).sum())
        before, now = before[near], now[near]
        simple[now, i] = level[now, i] / level[before, i] - 1.0
        since[now, i] = before
    return Returns(simple, growth, since, gaps)


def factor_returns(panel: Panel, returns: Returns, codes: tuple[str, ...]) -> F8:
    """Mean return of benchmarks or peers over exactly the days each code's own return spans, (T, N).

    Each code is compared with those on its own calendar (with all of them where there is none), never with
    itself. Where their exchange was open and they have no price the factor is NaN, not a stale zero.
    """
    if not codes:
        raise ConfigError(
            "the market and peer models need --benchmark or --peer: codes whose bars the panel holds"
        )
    columns = [panel.column(code) for code in codes]
    levels = {k: _level(panel, returns, k) for k in columns}
    factor = np.full(returns.simple.shape, np.nan)
    for i in range(len(panel.codes)):
        place = panel.exchange_open[:, panel.exchange_of[i]]
        others = [k for k in columns if k != i]
        alike = [k for k in others if np.array_equal(panel.exchange_open[:, panel.exchange_of[k]], place)]
        chosen = alike or others
        now = np.flatnonzero(returns.since[:, i] >= 0)
        before = returns.since[now, i]
        if chosen and len(now):
            factor[now, i] = np.mean([levels[k][now] / levels[k][before] - 1.0 for k in chosen], axis=0)
    return factor


def _level(panel: Panel, returns: Returns, k: int) -> F8:
    """Price of column k carried over its closed sessions, NaN where it should have traded and did not."""
    traded = (panel.status[:, k] == TRADING) & np.isfinite(panel.close[:, k])
    level = np.where(traded, panel.close[:, k] * returns.growth[:, k], np.nan)
    last = np.maximum.accumulate(np.where(traded, np.arange(len(panel)), -1))
    closed = ~panel.exchange_open[:, panel.exchange_of[k]]
    carried = np.where(last >= 0, level[np.maximum(last, 0)], np.nan)
    done = panel.sessions_done[:, panel.exchange_of[k]]
    fresh = closed & (last >= 0) & (done == done[np.maximum(last, 0)])
    return np.where(traded, level, np.where(fresh, carried, np.nan))
