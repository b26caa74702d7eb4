"""Attempts to enter at the open, one leg after another: an order counts on what those before it have left."""

from typing import Any

import numpy as np

from ...data.arrays import F8, I4
from ..judge.fill import planned_shares
from ..judge.records import EPS
from ..legs import Reason
from .asking import ask
from .board import Board
from .books import Books, Held, Legs, Waiting
from .orders import Fills, all_judged, at_open, lots_of, no_fills, purse

_BELOW_LOT = int(Reason.BELOW_LOT)
NOT_TRIED = -1


def enter(
    board: Board, legs: Legs, books: Books, w: Waiting, asked: tuple[F8, I4, I4], t: int
) -> tuple[Waiting, Held]:
    """The lanes that go on waiting, and what is held in those that do not; `asked`: each lane's scale, wait and hold."""
    scale, wait, hold = asked
    done = board.done[t, legs.code[w.leg]]
    first = np.where(w.first == NOT_TRIED, done, w.first)
    fill, planned, wanted = _answered(board, legs, books, w, scale, t)
    expires = (done - first >= wait) | ((w.part.shares == 0.0) & (fill.reason == _BELOW_LOT))
    part = _booked(board, legs, books, w.part, (fill, hold), t)
    books.blocked[part.lane] += np.abs(fill.shares) < wanted - EPS
    over = expires | (np.abs(part.shares) >= planned - EPS)
    waits = Waiting(w.leg, first, planned, part).at((~over).nonzero()[0])
    return waits, part.at((over & (part.shares != 0.0)).nonzero()[0])


def _answered(board: Board, legs: Legs, books: Books, w: Waiting, scale: F8, t: int) -> tuple[Fills, F8, F8]:
    """The fill in each lane, the whole plan, and the shares that were asked for."""
    i, short, lane, held = legs.code[w.leg], legs.short[w.leg], w.part.lane, w.part.shares
    nav, nothing = books.nav[lane], no_fills(len(lane))
    books.bad[lane] |= nav <= 0.0  # bankrupt
    if not board.base[t, i] > 0.0:  # what wants nothing for lack of a price is a block as well
        return nothing, np.full(len(lane), np.nan), np.ones(len(lane))
    lots = lots_of(board, t, i)
    wish = legs.weight[w.leg] / board.base[t, i] * scale * nav
    fresh, price = held == 0.0, board.enter[int(short)][t, i]
    planned = np.where(fresh, ask(planned_shares, wish, lots.lot_min, lots.lot_step), w.planned)
    wanted = planned - np.abs(held)
    if not price > 0.0:
        return nothing, planned, wanted
    money = purse(
        books.spendable[lane] - books.rules.collateral * books.short[lane],
        books.rules.collateral - 1.0 if short else 1.0,
        np.maximum(books.rules.max_gross * nav - books.gross[lane], 0.0),
        board.known[t, i],
    )
    left: Any = lots.volume - books.used[i, lane]
    legal = fresh & (planned >= lots.lot_min - EPS)
    order = at_open(-wanted if short else wanted, 0.0)
    return all_judged(order, price, lots._replace(volume=left), money, board.costs, legal), planned, wanted


def _booked(board: Board, legs: Legs, books: Books, part: Held, what: tuple[Fills, I4], t: int) -> Held:
    """The books after the fills, and what is held then; `what` ends with how long."""
    some = what[0].shares.nonzero()[0]
    if not len(some):
        return part
    fill, hold, lane, k = what[0].at(some), what[1][some], part.lane[some], int(part.leg[0])
    i, fx, known = legs.code[k], board.fx[t, legs.code[k]], board.known[t, legs.code[k]]
    shares, money = np.abs(fill.shares), fill.paid()
    value = shares * fill.price
    books.cash[lane] -= money * fx
    books.spendable[lane] -= money * known
    books.gross[lane] = np.maximum(books.gross[lane] + value * known, 0.0)
    if legs.short[k]:
        books.short[lane] = np.maximum(books.short[lane] + value * known, 0.0)
    books.used[i, lane] += shares
    books.touched.add(int(i))
    books.fills[lane] += 1
    books.costs[lane] += fill.charges(fx)
    books.traded[lane] += value * fx
    held = part.shares[some]
    fresh, before = held == 0.0, np.abs(held)
    mixed = (part.basis[some] * before + fill.price * shares) / (before + shares)
    last = board.row_of.shape[1] - 1
    due = board.row_of[board.exchange[i], np.minimum(board.done[t, i] + hold, last)]
    new = part.copied()
    new.shares[some] = held + fill.shares
    new.basis[some] = np.where(fresh, fill.price, mixed)
    new.peak[some] = np.where(fresh, fill.price, part.peak[some])
    new.due[some] = np.where(fresh, due, part.due[some])
    return new
