"""What each launch paid on paper, what was captured, and what gaps, limits, sizes, slippage, money and costs took of it.

Paper is what a leg would have earned from the last close before its first possible session to the exit that its own
rules make, in any size, with neither price limits nor costs. The parts are worked out one after another, each from the
same legs run again with one friction more (`Ladder`), so that they add up to it exactly:

    missed_gap      until the first price at which the code traded, or at which news inside the session found it
    missed_wait     from there until the first minute that an order inside the session could meet
    missed_limits   price limits, and suspensions that outlast `wait`
    missed_size     share of volume, whole lots, shares that may not be sold short
    slippage
    missed_cash     too little cash or margin, margin calls, shorts without their long
    costs           commission, stamp duty and levies
    dividend_tax, borrow
    captured        what is left
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4
from ...data.ledger.bounds import clock_text
from ...data.ledger.launch import Launch, Launches
from ...data.panel.panel import CLOSED, DELISTED, TRADING, Panel
from ..judge.exits import after_action
from ..legs import CLOSE, OPEN, USUAL_SESSION, Reason
from .result import COLUMNS, PAID
from .run import Run
from .wait import ELSEWHERE, first_price_met, news_minutes, price_at_news

if TYPE_CHECKING:
    import pandas as pd

Table = NDArray[Any]

SCALE = 1e9  # of the orders of a ladder that no lot hinders
MONEY_REASONS = (Reason.NO_CASH, Reason.MARGIN, Reason.UNPAIRED, Reason.BANKRUPT)
SIZE_REASONS = (Reason.VOLUME, Reason.BELOW_LOT, Reason.NOT_SHORTABLE)


class Ladder(NamedTuple):
    """Fills (FILL) of a run's legs, sized as in the run but never short of money, with more frictions at each step.

    The first two are SCALE times as large, so that a lot is nothing to them.
    """

    paper: Table  # neither limits nor slippage, any size
    limits: Table
    sized: Table  # volume, lots, shortable shares
    slipped: Table


class Earned(NamedTuple):
    """What the fills of one leg earned, base money: before costs, and what tax and borrow took of it."""

    gross: float
    tax: float
    borrow: float


class LegAccount(NamedTuple):
    """One leg in fractions of NAV at entry, by the names of PAID, and its profit in base currency."""

    paper: float
    parts: dict[str, float]
    profit: float
    filled: bool


def attribute(
    panel: Panel, launches: Launches, legs: Table, run: Run, ladder: Ladder | None = None
) -> "pd.DataFrame":
    """One row per launch that had a leg; columns as in `COLUMNS["launches"]`.

    Without a `ladder`, as for orders that follow no leg, paper ends with the exit really made, and what neither the
    gap nor slippage explains counts under the reason that stopped most of the leg's shares.
    """
    accounts = _accounts(panel, legs, run, ladder, news_minutes(panel, launches, legs))
    blocked = np.bincount(run.blocks["leg"], minlength=len(legs))
    rows = []
    for position in np.unique(legs["launch"][legs["launch"] >= 0]):
        own = np.flatnonzero(legs["launch"] == position)
        row = _about(panel, launches[int(position)], legs[own]) | {"blocked": int(blocked[own].sum())}
        rows.append(row | _sums([accounts[k] for k in own], legs["side"][own]))
    import pandas as pd

    return pd.DataFrame(rows, columns=list(COLUMNS["launches"]))


def _about(panel: Panel, launch: Launch, legs: Table) -> dict[str, object]:
    """What a launch's row says besides money."""
    names = ("announced_at", "precision", "company", "product", "kind", "source")
    about = launch.as_row()
    return {name: about[name] for name in names} | {
        "launch": launch.id,
        "earliest": clock_text(launch.earliest) if launch.earliest else "",
        "latest": clock_text(launch.latest),
        "first_session": str(panel.sessions[legs["row"].min()]),
        "codes": ";".join(panel.codes[i] for i in dict.fromkeys(legs["code"].tolist())),
        "legs": len(legs),
    }


def _sums(accounts: list[LegAccount], sides: NDArray[np.int32]) -> dict[str, object]:
    """The accounts of a launch's legs in one."""
    profits = np.array([account.profit for account in accounts])
    sums: dict[str, object] = {name: sum(account.parts[name] for account in accounts) for name in PAID}
    return sums | {
        "filled_legs": sum(account.filled for account in accounts),
        "paper": sum(account.paper for account in accounts),
        "long_profit": float(profits[sides > 0].sum()),
        "short_profit": float(profits[sides < 0].sum()),
    }


def leg_profits(panel: Panel, legs: Table, fills: Table) -> F8:
    """Profit of each leg in base money, (legs,): after costs, dividends, their tax, and borrow."""
    n, code = len(legs), legs["code"]
    flows = -fills["shares"] * fills["price"] * fills["fx"]
    held = np.bincount(fills["leg"], fills["shares"], n)
    gross = np.bincount(fills["leg"], flows, n) + held * np.nan_to_num(
        panel.mark[-1, code] * panel.rate(-1, code)
    )
    by_leg = _by_leg(fills, n)
    # only a short owes borrow, only an action changes what is held, and a future's value is no investment in its currency
    apart = (legs["side"] < 0) | np.isin(code, panel.actions["code"]) | panel.futures[code]
    for k in np.flatnonzero(apart):
        earned = _earned(panel, int(code[k]), by_leg[k])
        gross[k] = earned.gross - earned.tax - earned.borrow
    return np.asarray(gross - np.bincount(fills["leg"], _charges(fills), n), np.float64)


def launch_profits(panel: Panel, legs: Table, fills: Table, launches: int) -> F8:
    """The same of each of the ledger's launches, (launches,); orders that answer none are left out."""
    answers = legs["launch"] >= 0
    profits = leg_profits(panel, legs, fills)[answers]
    return np.bincount(legs["launch"][answers], profits, launches).astype(np.float64)


def _charges(fills: Table) -> F8:
    return np.asarray(fills["commission"] + fills["stamp"] + fills["levies"], np.float64)


def _by_leg(records: Table, n: int) -> list[Table]:
    order = np.argsort(records["leg"], kind="stable")
    return np.split(records[order], np.searchsorted(records["leg"][order], np.arange(1, n))) if n else []


def _accounts(panel: Panel, legs: Table, run: Run, ladder: Ladder | None, news: I4) -> list[LegAccount]:
    n = len(legs)
    fills, blocks = _by_leg(run.fills, n), _by_leg(run.blocks, n)
    steps = [] if ladder is None else [_by_leg(step, n) for step in ladder]
    accounts = []
    for k, leg in enumerate(legs):
        real, costs = _earned(panel, int(leg["code"]), fills[k]), float(_charges(fills[k]).sum())
        profit, nav = real.gross - real.tax - real.borrow - costs, float(run.equity[leg["row"] - 1])
        if nav <= 0.0:  # of nothing there are no fractions
            paper, parts, nav = 0.0, dict.fromkeys(PAID, 0.0), np.inf
        elif steps:
            paper, parts = _by_steps(panel, leg, nav, [step[k] for step in steps], real.gross)
        else:
            paper, parts = _by_reason(panel, leg, nav, fills[k], blocks[k], real.gross)
        waited = _waited(panel, leg, int(news[k])) if nav < np.inf else 0.0
        parts |= {"missed_gap": parts["missed_gap"] - waited, "missed_wait": waited}
        parts |= {"costs": costs / nav, "dividend_tax": real.tax / nav, "borrow": real.borrow / nav}
        accounts.append(LegAccount(paper, parts | {"captured": profit / nav}, profit, bool(len(fills[k]))))
    return accounts


def _by_steps(
    panel: Panel, leg: Any, nav: float, steps: list[Table], real: float
) -> tuple[float, dict[str, float]]:
    """Paper, and what each step of the ladder took of it, in fractions of `nav`."""
    gap = _gap(panel, leg)
    gross = [_earned(panel, int(leg["code"]), fills).gross / nav for fills in steps]
    ideal, limits, sized, slipped = gross[0] / SCALE, gross[1] / SCALE, gross[2], gross[3]
    after_gap = ideal if len(steps[0]) else _unfilled_paper(panel, leg) - gap
    return gap + after_gap, {
        "missed_gap": gap,
        "missed_limits": after_gap - limits,
        "missed_size": limits - sized,
        "slippage": sized - slipped,
        "missed_cash": slipped - real / nav,
    }


def _by_reason(
    panel: Panel, leg: Any, nav: float, fills: Table, blocks: Table, real: float
) -> tuple[float, dict[str, float]]:
    """The same for a stay that came of orders: from its fills, and from what stopped the most of it."""
    gap = _gap(panel, leg)
    rows, prices, slipped = _unslipped(panel, int(leg["code"]), fills)
    slippage = float(slipped.sum()) / nav
    leaving = fills["reason"] != Reason.ENTRY
    paper = _unfilled_paper(panel, leg)
    if leaving.any() and _sized(panel, leg):
        price = float(np.average(prices[leaving], weights=np.abs(fills["shares"][leaving])))
        paper = _paper(panel, leg, int(rows[leaving][-1]), price)
    elif len(fills) and _sized(panel, leg):
        paper = _paper(panel, leg, len(panel) - 1, float(panel.mark[-1, leg["code"]]))
    missed = dict.fromkeys(("missed_gap", "missed_limits", "missed_size", "missed_cash"), 0.0)
    missed |= {"missed_gap": gap, "slippage": slippage}
    missed[_most_blocked(blocks)] += paper - gap - slippage - real / nav
    return paper, missed


def _most_blocked(blocks: Table) -> str:
    """The part of PAID that the largest lack of shares belongs to; size where nothing was blocked."""
    if not len(blocks):
        return "missed_size"
    lacking = np.abs(blocks["wanted"] - blocks["filled"])
    why = Reason(int(blocks["reason"][lacking.argmax()]))
    return (
        "missed_cash" if why in MONEY_REASONS else "missed_size" if why in SIZE_REASONS else "missed_limits"
    )


def _unslipped(panel: Panel, i: int, fills: Table) -> tuple[NDArray[np.int32], F8, F8]:
    """Row of each fill, the price its auction made, and what slippage took, base money; none is known of prices inside a session."""
    rows = fills["row"]
    auction = np.where(fills["at"] == OPEN, panel.open[rows, i], panel.close[rows, i])
    known = np.isin(fills["at"], (OPEN, CLOSE)) & (panel.status[rows, i] == TRADING)
    prices = np.where(known, auction, fills["price"])
    return rows, prices, fills["shares"] * (fills["price"] - prices) * fills["fx"]


def _sized(panel: Panel, leg: Any) -> bool:
    """Whether a price was known before the leg's first session, of a code that has sessions left."""
    row, i = leg["row"], leg["code"]
    listed = ~np.isin(panel.status[row:, i], (CLOSED, DELISTED))
    return bool(panel.size_price[row, i] > 0.0 and listed.any())


def _gap(panel: Panel, leg: Any) -> float:
    """Fraction of NAV that went by before the first price at which the code traded for an order of the leg."""
    i, row = int(leg["code"]), int(leg["row"])
    trades = np.flatnonzero(panel.status[row:, i] == TRADING)
    if not len(trades) or not _sized(panel, leg):
        return 0.0
    first = row + int(trades[0])
    price = first_price_met(panel, leg, first) if leg["at"] > CLOSE else np.nan
    return _paper(panel, leg, first, price) if price > 0.0 else _paper_at(panel, leg, first)


def _waited(panel: Panel, leg: Any, news: int) -> float:
    """The part of `_gap` that went by after news inside the session."""
    row = int(leg["row"])
    if news == ELSEWHERE or panel.status[row, leg["code"]] != TRADING or not _sized(panel, leg):
        return 0.0
    met = first_price_met(panel, leg, row)
    if not met > 0.0:
        return 0.0
    return _paper(panel, leg, row, met) - _paper(panel, leg, row, price_at_news(panel, leg, news))


def _paper_at(panel: Panel, leg: Any, row: int) -> float:
    """`_paper` until the leg's auction of a row, the close of one that enters inside a session."""
    prices = panel.open if leg["at"] == OPEN else panel.close
    return _paper(panel, leg, row, float(prices[row, leg["code"]]))


def _paper(panel: Panel, leg: Any, row: int, price: float) -> float:
    """Fraction of NAV earned from the last close before the leg's first session until `price` in `row`."""
    i, start = int(leg["code"]), int(leg["row"])
    before = float(panel.size_price[start, i] * panel.rate(start - 1, i))
    held, cash = 1.0, 0.0
    for action in _actions(panel, i, start + 1, row):
        cash += held * float(panel.actions["cash"][action])
        held *= float(panel.actions["ratio"][action])
    worth = (held * price + cash) * float(panel.rate(row, i))
    return int(leg["side"]) * float(leg["weight"]) * (worth / before - 1.0)


def _unfilled_paper(panel: Panel, leg: Any) -> float:
    """Paper of a leg that never traded: until the first session that trades once `hold` is over, else the last mark."""
    if not _sized(panel, leg):
        return 0.0
    i, place = int(leg["code"]), int(panel.exchange_of[leg["code"]])
    sessions, row = panel.sessions_done[:, place], int(leg["row"])
    # a row on which its own exchange is shut stands for the next session
    start = sessions[row] + (not panel.exchange_open[row, place])
    hold = int(leg["hold"]) if leg["hold_minutes"] == 0 else int(leg["hold_minutes"]) // USUAL_SESSION
    due = int(np.searchsorted(sessions, start + hold))
    later = np.flatnonzero(panel.status[due:, i] == TRADING)
    if not len(later):
        return _paper(panel, leg, len(panel) - 1, float(panel.mark[-1, i]))
    return _paper_at(panel, leg, due + int(later[0]))


def _actions(panel: Panel, i: int, first: int, last: int) -> NDArray[np.intp]:
    """Positions of a code's corporate actions from row `first` to `last`."""
    a = panel.actions
    return np.flatnonzero((a["code"] == i) & (a["row"] >= first) & (a["row"] <= last))


def _earned(panel: Panel, i: int, fills: Table) -> Earned:
    """What one leg's fills earned; what is still held counts at its last mark."""
    if not len(fills):
        return Earned(0.0, 0.0, 0.0)
    gross = tax = borrow = held = 0.0
    since, last = int(fills["row"][0]), len(panel) - 1
    for row, is_fill, at in _events(panel, i, fills):
        borrow, since = borrow + _owed(panel, i, held, since, row), row
        if is_fill:
            gross -= float(fills["shares"][at] * fills["price"][at] * fills["fx"][at])
            held += float(fills["shares"][at])
        elif held != 0.0:
            ratio, owed, net = (float(panel.actions[name][at]) for name in ("ratio", "cash", "cash_net"))
            cash = float(panel.fair_cash[at])
            rate, price = float(panel.rate(row, i)), float(panel.fraction_price[at])
            new = after_action(held, 1.0, 1.0, (ratio, cash, cash), price)
            gross += new.cash * rate
            tax += (max(held, 0.0) * (cash - net) + max(-held, 0.0) * (owed - cash)) * rate
            held = new.shares
    borrow += _owed(panel, i, held, since, last)
    if held != 0.0:
        gross += held * float(panel.mark[last, i] * panel.rate(last, i))
    return Earned(gross, tax, borrow)


def _events(panel: Panel, i: int, fills: Table) -> Iterator[tuple[int, bool, int]]:
    """(row, whether a fill, its position) of fills and, before those of their row, the code's corporate actions."""
    actions = _actions(panel, i, int(fills["row"][0]) + 1, len(panel) - 1)
    events = [(int(panel.actions["row"][a]), False, int(a)) for a in actions]
    yield from sorted(events + [(int(row), True, j) for j, row in enumerate(fills["row"])])


def _owed(panel: Panel, i: int, held: float, since: int, until: int) -> float:
    """Base money that borrowing a short costs over the nights between two rows; of a future, what the rate made of its value."""
    if held == 0.0 or since >= until:
        return 0.0
    if panel.futures[i]:
        rates = panel.fx[since : until + 1, panel.currency_of[i]]
        return float(held * (panel.mark[since:until, i] * np.diff(rates)).sum())
    if held > 0.0:
        return 0.0
    nights = np.diff(panel.sessions[since : until + 1]).astype("timedelta64[D]").astype(np.float64)
    rows = slice(since, until)
    worth = panel.mark[rows, i] * panel.rate(rows, i)
    return float(-held * (worth * panel.borrow[rows, i] * nights).sum() / 365.0)
