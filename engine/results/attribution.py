"""What each launch paid on paper, what was captured, and what was missed to gaps, limits and costs."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.ledger.launch import Launches
from ...data.panel.panel import TRADING, Panel
from ..judge.exits import after_action
from ..legs import CLOSE, Reason
from .result import COLUMNS
from .run import Run


class LegAccount(NamedTuple):
    """One leg in fractions of NAV at entry (paper, gap, gross, costs) and its profit in base currency."""

    paper: float
    gap: float
    gross: float
    costs: float
    profit: float
    filled: bool


def attribute(panel: Panel, launches: Launches, legs: NDArray[Any], run: Run) -> pd.DataFrame:
    """One row per launch that had a leg; columns as in `COLUMNS["launches"]`.

    Paper: from the last close before the first possible session to the exit really made (or, unfilled, the exit that
    `hold` would have made). paper = captured + missed_gap + missed_limits + costs; missed_limits is what neither
    the gap nor costs explain: blocked, late and partial fills. Profits are after costs, before borrow fees.
    """
    by_leg = _rows_by_leg(run.fills, len(legs))
    blocked = np.bincount(run.blocks["leg"], minlength=len(legs))
    accounts = [_account(panel, legs[k], run.fills[by_leg[k]], run.equity) for k in range(len(legs))]
    rows: list[dict[str, object]] = []
    for position in np.unique(legs["launch"][legs["launch"] >= 0]):
        own = np.flatnonzero(legs["launch"] == position)
        launch = launches[int(position)]
        parts = [accounts[k] for k in own]
        paper, gap = sum(a.paper for a in parts), sum(a.gap for a in parts)
        gross, costs = sum(a.gross for a in parts), sum(a.costs for a in parts)
        about = launch.as_row()
        rows.append(
            {
                name: about[name]
                for name in ("announced_at", "precision", "company", "product", "kind", "source")
            }
            | {
                "launch": launch.id,
                "first_session": str(panel.sessions[legs["row"][own].min()]),
                "codes": ";".join(panel.codes[i] for i in dict.fromkeys(legs["code"][own].tolist())),
                "legs": len(own),
                "filled_legs": sum(a.filled for a in parts),
                "blocked": int(blocked[own].sum()),
                "paper": paper,
                "captured": gross - costs,
                "missed_gap": gap,
                "missed_limits": paper - gap - gross,
                "costs": costs,
                "long_profit": sum(a.profit for a, k in zip(parts, own, strict=True) if legs["side"][k] > 0),
                "short_profit": sum(a.profit for a, k in zip(parts, own, strict=True) if legs["side"][k] < 0),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS["launches"]))


def _rows_by_leg(fills: NDArray[Any], n: int) -> list[NDArray[Any]]:
    order = np.argsort(fills["leg"], kind="stable")
    return np.split(order, np.searchsorted(fills["leg"][order], np.arange(1, n))) if n else []


def _account(panel: Panel, leg: NDArray[Any], fills: NDArray[Any], equity: NDArray[Any]) -> LegAccount:
    i, side, row = int(leg["code"]), int(leg["side"]), int(leg["row"])
    nav = float(equity[row - 1])
    profit, last = _profit(panel, i, fills)
    costs = float((fills["commission"] + fills["stamp"] + fills["levies"]).sum())
    before = float(panel.size_price[row, i] * panel.fx[row - 1, panel.currency_of[i]])
    if not before > 0.0 or nav <= 0.0:
        return LegAccount(0.0, 0.0, 0.0, 0.0, profit - costs, bool(len(fills)))
    prices = panel.close if leg["at"] == CLOSE else panel.open
    trades = np.flatnonzero(panel.status[row:, i] == TRADING)
    first = row + int(trades[0]) if len(trades) else row
    exit_row, exit_price = last if last is not None else _paper_exit(panel, leg, prices)
    weight = side * float(leg["weight"])
    end = _worth(panel, i, (row, exit_row), exit_price) / before
    start = _worth(panel, i, (row, first), float(prices[first, i])) / before if len(trades) else 1.0
    return LegAccount(
        paper=weight * (end - 1.0),
        gap=weight * (start - 1.0),
        gross=profit / nav,
        costs=costs / nav,
        profit=profit - costs,
        filled=bool(len(fills)),
    )


def _paper_exit(panel: Panel, leg: NDArray[Any], prices: NDArray[Any]) -> tuple[int, float]:
    """Row and price at which `hold` would have ended, on the first session that trades; the last mark after the end."""
    row, i = int(leg["row"]), int(leg["code"])
    place = panel.exchange_of[i]
    done = panel.sessions_done[:, place]
    # a row on which its own exchange is shut stands for the next session
    first = done[row] + (not panel.exchange_open[row, place])
    due = int(np.searchsorted(done, first + leg["hold"]))
    later = np.flatnonzero(panel.status[due:, i] == TRADING)
    if len(later):
        return due + int(later[0]), float(prices[due + later[0], i])
    return len(panel) - 1, float(panel.mark[-1, i])


def _worth(panel: Panel, i: int, span: tuple[int, int], price: float) -> float:
    """Base value at row `span[1]` of what one share held at the open of row `span[0]` has become, dividends included."""
    held, cash = 1.0, 0.0
    for action in _actions(panel, i, span[0] + 1, span[1]):
        cash += held * float(action["cash"])
        held *= float(action["ratio"])
    return (held * price + cash) * float(panel.fx[span[1], panel.currency_of[i]])


def _actions(panel: Panel, i: int, first: int, last: int) -> NDArray[Any]:
    a = panel.actions
    return a[(a["code"] == i) & (a["row"] >= first) & (a["row"] <= last)]


def _profit(panel: Panel, i: int, fills: NDArray[Any]) -> tuple[float, tuple[int, float] | None]:
    """Profit before costs in base money, and the row and mean price of the exit (the last mark where still held)."""
    if not len(fills):
        return 0.0, None
    fx = panel.fx[:, panel.currency_of[i]]
    held = money = sold = proceeds = 0.0
    events = [(int(f["row"]), 1, f) for f in fills]
    events += [(int(a["row"]), 0, a) for a in _actions(panel, i, int(fills["row"][0]) + 1, len(panel) - 1)]
    exit_row = len(panel) - 1
    for row, kind, event in sorted(events, key=lambda e: (e[0], e[1])):
        if kind == 0 and held != 0.0:
            terms = (float(event["ratio"]), float(event["cash"]), float(event["cash_net"]))
            price = panel.ref[row, i] if panel.ref[row, i] > 0 else panel.mark[row - 1, i] / terms[0]
            new = after_action(held, 1.0, 1.0, terms, float(price))
            held, money = new.shares, money + new.cash * fx[row]
        elif kind == 1:
            money -= float(event["shares"] * event["price"] * event["fx"])
            held += float(event["shares"])
            if event["reason"] != Reason.ENTRY:
                sold, proceeds = sold + abs(event["shares"]), proceeds + abs(event["shares"]) * event["price"]
                exit_row = row
    if held != 0.0:
        mark = float(panel.mark[-1, i])
        sold, proceeds, exit_row = sold + abs(held), proceeds + abs(held) * mark, len(panel) - 1
        money += held * mark * float(fx[-1])
    return money, (exit_row, proceeds / sold) if sold else None
