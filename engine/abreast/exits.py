"""Legs that are held and due for something: corporate actions, delistings, exits.

Sales only bring money in, so that none waits for another; where an order might be cut short by one before it, the lane is
given up to the general path.
"""

from typing import Any

import numpy as np

from ...data.arrays import F8, I4, Bool
from ..judge.exits import after_action
from ..judge.records import EPS
from ..legs import Reason
from .ahead import NO_EXIT
from .asking import ask
from .board import Action, Board
from .books import Books, Held, Legs, Waiting
from .orders import Fills, all_judged, at_open, lots_of, purse

ROUNDING = 0.01  # base money, more than the order of sums can make
_HOLD = int(Reason.HOLD)


def in_order(legs: Legs, held: Held) -> Held:
    """Sales before covers, each in order of legs."""
    key = held.leg + legs.short[held.leg] * np.int32(len(legs.code))
    return held if (key[1:] >= key[:-1]).all() else held.at(np.argsort(key, kind="stable"))


def act(board: Board, legs: Legs, books: Books, action: Action, held: Held, t: int) -> Held:
    """The legs after a corporate action, and the cash of it in the books."""
    mine = ((legs.code[held.leg] == action.code) & (held.shares != 0.0)).nonzero()[0]
    if not len(mine):
        return held
    mine = mine[np.argsort(held.leg[mine], kind="stable")]  # what came in is added up in order of legs
    lane = held.lane[mine]
    new = ask(after_action, held.shares[mine], held.basis[mine], held.peak[mine], action.terms, action.price)
    received = np.zeros(books.lanes)
    np.add.at(received, lane, new.cash * board.fx[t, action.code])
    np.add.at(books.spendable, lane, new.cash * board.known[t, action.code])
    books.cash += received
    after = held.copied()
    after.shares[mine], after.basis[mine], after.peak[mine] = new.shares, new.basis, new.peak
    return after


def act_on_plan(legs: Legs, action: Action, w: Waiting) -> Waiting:
    """The plans of what waits and is held in part, after a corporate action."""
    if legs.code[w.leg] != action.code:
        return w
    planned = np.floor(w.planned * action.terms[0] + EPS)
    return w._replace(planned=np.where(w.part.shares != 0.0, planned, w.planned))


def delist(board: Board, legs: Legs, books: Books, held: Held, t: int) -> Bool:
    """Take the legs whose code is gone from the books: worth nothing, or bought back at the last mark; which ones stay."""
    gone = (t >= board.gone[legs.code[held.leg]]) & (held.shares != 0.0)
    if gone.any():
        lost = held.at(gone.nonzero()[0])
        code = legs.code[lost.leg]
        price = np.where(lost.shares > 0.0, 0.0, board.last_mark[code])
        value, fx = lost.shares * price, board.fx[t][code]
        np.add.at(books.cash, lost.lane, value * fx)
        np.add.at(books.spendable, lost.lane, value * board.known[t][code])
        np.add.at(books.fills, lost.lane, 1)
        np.add.at(books.traded, lost.lane, np.abs(lost.shares) * price * fx)
    return ~gone


def leave(board: Board, legs: Legs, books: Books, held: Held, t: int) -> Held:
    """The legs that are still held after the orders of row t."""
    code = legs.code[held.leg]
    due = ((held.why != NO_EXIT) | (t >= held.due)) & board.open[t][code]
    if not due.any():
        return held
    held = held._replace(why=np.where(due & (held.why == NO_EXIT), _HOLD, held.why))
    price = np.where(legs.short[held.leg], board.leave[1][t][code], board.leave[0][t][code])
    np.add.at(books.blocked, held.lane[due & ~(price > 0.0)], 1)
    tries = (due & (price > 0.0)).nonzero()[0]
    if not len(tries):
        return held
    shares = held.shares.copy()
    shares[tries] += _sold(board, legs, books, held.at(tries), price[tries], t)
    return held._replace(shares=shares).at(shares.nonzero()[0])


def _sold(board: Board, legs: Legs, books: Books, held: Held, price: F8, t: int) -> F8:
    """Signed shares of each fill; the books have them."""
    code, lane, short = legs.code[held.leg], held.lane, held.shares < 0.0
    lots, known = lots_of(board, t, code), board.known[t][code]
    _give_up_crowds(books, (code, lane), np.abs(held.shares), lots.volume)
    money = purse(np.inf, np.where(short, 1.0, -1.0), np.inf, known)
    fill = all_judged(at_open(-held.shares, held.shares), price, lots, money, board.costs, False)
    np.add.at(books.blocked, lane[np.abs(fill.shares) < np.abs(held.shares) - EPS], 1)
    some = fill.shares.nonzero()[0]
    part = code[some], lane[some], short[some], board.fx[t][code[some]], known[some]
    _book(books, fill.at(some), part)
    return fill.shares


def _book(books: Books, fill: Fills, part: tuple[Any, ...]) -> None:
    code, lane, short, fx, known = part
    _give_up_the_poor(books, fill, short, known, lane)
    shares, money = np.abs(fill.shares), fill.paid()
    value = shares * fill.price
    np.subtract.at(books.cash, lane, money * fx)
    np.subtract.at(books.spendable, lane, money * known)
    # each step takes away, so that where one would end below nothing, the last does
    np.subtract.at(books.gross, lane, value * known)
    np.maximum(books.gross, 0.0, out=books.gross)
    np.subtract.at(books.short, lane[short], (value * known)[short])
    np.maximum(books.short, 0.0, out=books.short)
    np.add.at(books.used, (code, lane), shares)
    books.touched.update(np.unique(code).tolist())
    np.add.at(books.fills, lane, 1)
    np.add.at(books.costs, lane, fill.charges(fx))
    np.add.at(books.traded, lane, value * fx)


def _give_up_crowds(books: Books, place: tuple[I4, I4], wanted: F8, volume: Any) -> None:
    """Give up the lanes in which the volume may stop one of several orders in a code."""
    np.add.at(books.used, place, wanted)
    everyone = books.used[place]
    books.bad[place[1][(everyone > wanted) & (everyone > volume)]] = True
    books.used[place] = 0.0


def _give_up_the_poor(books: Books, fill: Fills, short: Bool, known: F8, lane: I4) -> None:
    """Give up the lanes in which what the orders of a row ask for comes near to what there is when the sales are made."""
    spent = fill.paid() * known
    asks = spent > 0.0
    if not asks.any():
        return
    # a sale that costs more than it brings must do with what was there before
    money = np.bincount(lane, np.where(asks, 0.0, -spent), books.lanes) + books.spendable
    asked = np.bincount(lane, np.where(asks, spent, 0.0), books.lanes)
    least = np.where(short, money[lane], books.spendable[lane])
    books.bad[lane[asks & (asked[lane] > least - ROUNDING)]] = True
