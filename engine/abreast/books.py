"""The books of many portfolios side by side: one place of each array for each of them, which is a lane."""

from typing import Any, NamedTuple

import numpy as np

from ...data.arrays import F8, I4, Bool
from ..compiled.windows import Rules
from ..results.metrics import Annual


class Legs(NamedTuple):
    """The table of legs that all lanes share, (L,)."""

    code: I4  # place in the board
    short: Bool
    row: I4
    weight: F8


class Held(NamedTuple):
    """Legs that are held, one place for each leg of each lane; what happens to them next is due in one row."""

    lane: I4
    leg: I4
    shares: F8  # signed
    basis: F8
    peak: F8
    due: I4
    why: I4  # Reason for which it is to get out, −1 for none

    def at(self, which: Any) -> "Held":
        """Some of them."""
        return Held._make(column[which] for column in self)

    def copied(self) -> "Held":
        """In arrays of its own."""
        return Held._make(column.copy() for column in self)


class Waiting(NamedTuple):
    """The lanes in which one leg waits to enter, of which a part may be held."""

    leg: int
    first: I4  # sessions done when it first tried, −1 before
    planned: F8
    part: Held

    def at(self, which: Any) -> "Waiting":
        """Some of them."""
        return Waiting(self.leg, self.first[which], self.planned[which], self.part.at(which))


def together(parts: list[Held]) -> Held:
    """One behind another."""
    return Held._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


class Books:
    """Money of each lane, and what its legs will be worth in the rows to come, as far as they are known to be held."""

    def __init__(self, lanes: int, ahead: int, codes: int, rules: Rules) -> None:
        capital = float(rules.capital)
        self.rules, self.lanes, self.ahead = rules, lanes, ahead
        self.cash, self.spendable, self.nav = (np.full(lanes, capital) for _ in range(3))
        self.gross, self.short = np.zeros((2, lanes))
        # rings of rows: the value of longs and of shorts one behind another, and the borrow of the night
        self.value, self.owed = np.zeros((ahead, 2 * lanes)), np.zeros((ahead, lanes))
        self.used = np.zeros((codes, lanes))  # shares that the session has traded with a lane
        self.touched: set[int] = set()  # codes
        self.bad = np.zeros(lanes, np.bool_)
        self.fills, self.blocked = np.zeros((2, lanes), np.int64)
        self.costs, self.traded = np.zeros((2, lanes))
        self.before, self.peak = np.full(lanes, capital), np.full(lanes, capital)
        self.returns, self.squares, self.downs, self.total, self.worst = np.zeros((5, lanes))

    def begin(self) -> None:
        """A session's orders may count on the cash that is there."""
        np.copyto(self.spendable, self.cash)

    def close(self, t: int) -> None:
        """The books of row t at its close, and the borrow of the night."""
        place, n = t % self.ahead, self.lanes
        long, short = self.value[place, :n], self.value[place, n:]
        nav, gross = self.cash + long - short, long + short
        called = nav < self.rules.maintenance * gross
        if called.any():
            cut = 1.0 - np.maximum(nav, 0.0) * self.rules.max_gross / gross
            self.bad |= called & (gross > 0.0) & (cut > 0.0)
        self.nav, self.gross = nav, gross
        np.copyto(self.short, short)
        self.cash -= self.owed[place]
        self.value[place] = self.owed[place] = 0.0
        for code in self.touched:
            self.used[code] = 0.0
        self.touched.clear()
        self._count(nav)

    def _count(self, nav: F8) -> None:
        """The sums of engine/sweeps/sums.py, one row further."""
        self.total += nav
        r = np.where(self.before > 0.0, nav / self.before - 1.0, 0.0)
        r[nav == self.before] = 0.0
        self.returns += r
        self.squares += r * r
        fall = np.minimum(r, 0.0)
        self.downs += fall * fall
        np.maximum(self.peak, nav, out=self.peak)
        lower = (1.0 + self.worst) * self.peak > nav
        depth = nav / self.peak - 1.0
        self.worst = np.where(lower & (depth < self.worst), depth, self.worst)
        self.before = nav


def metrics_of(books: Books, rows: int, annual: Annual) -> F8:
    """Rows of metrics, (lanes, 12), as engine/sweeps/sums.py makes them of one."""
    n, capital = rows, float(books.rules.capital)
    mean, worst = books.returns / n, books.worst
    square = np.maximum(books.squares - n * mean * mean, 0.0)
    spread = np.sqrt(square / (n - 1)) if n > 1 else np.zeros_like(mean)
    downside = np.sqrt(books.downs / n)
    growth, scale, root = books.before / capital, np.sqrt(annual.periods), 1.0 / annual.years
    # one by one: numpy's power of arrays may differ in the last bit
    cagr = np.array([one**root - 1.0 if one > 0.0 else -1.0 for one in growth.tolist()])
    columns = (
        growth - 1.0, cagr, spread * scale, np.where(spread > 1e-12, mean / spread * scale, 0.0),
        np.where(downside > 1e-12, mean / downside * scale, 0.0), worst, np.where(worst < 0.0, cagr / -worst, 0.0),
        books.fills, books.blocked, books.traded / np.maximum(books.total / n, 1e-9) / annual.years, books.costs,
        np.zeros(len(mean)),
    )  # fmt: skip
    return np.column_stack(columns)
