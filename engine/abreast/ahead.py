"""Legs that are held are booked up to their next event at once, as in engine/compiled/holding.py."""

from typing import Any, cast

import numpy as np

from ...data.arrays import F8, I4
from ..judge.exits import Levels, exit_levels, level_signal, trail_level
from .asking import ask
from .board import Board
from .books import Books, Held, Legs

NO_EXIT = -1


def signals(board: Board, legs: Legs, rules: tuple[F8, F8, F8], held: Held, t: int, n: I4) -> tuple[Held, I4]:
    """The legs as they stand at their next event, and rows until then: at most `n`, fewer where a close says get out."""
    rows, count = int(n.max()), len(n)
    side = np.where(legs.short[held.leg], -1.0, 1.0)
    levels: Any = exit_levels(*cast("tuple[Any, ...]", (side, held.basis, rules)))
    closes = side * board.close[t : t + rows, legs.code[held.leg]]
    # the best close before each row, and after the last
    peaks = np.fmax.accumulate(np.vstack([side * held.peak, closes]), axis=0)
    trail = trail_level(peaks[:-1], levels)
    each = Levels._make(np.tile(level, rows) for level in levels)
    why: Any = ask(level_signal, closes.reshape(-1), trail.reshape(-1), each)
    why = why.reshape(rows, count)
    out = why != NO_EXIT
    first = np.where(out.any(axis=0), out.argmax(axis=0), rows)
    gone, at = first < n, np.arange(count)
    n = np.where(gone, first + 1, n).astype(np.int32)
    peak = np.where(np.isnan(levels.fall), held.peak, side * peaks[n - gone, at])
    return held._replace(why=np.where(gone, why[n - 1, at], held.why), peak=peak), n


def book(board: Board, legs: Legs, books: Books, held: Held, t: int, n: I4, *, alone: bool) -> None:
    """Add the value of the legs to the rows from t to t + n; `alone`: no two of them are of one lane."""
    code, short = legs.code[held.leg], legs.short[held.leg]
    place, shares = held.lane + short * np.int32(books.lanes), np.abs(held.shares)
    lent = bool(short.any())
    for j in range(int(n.max())):
        which = (n > j).nonzero()[0]
        row, u = (t + j) % books.ahead, t + j
        added = shares[which] * board.worth[u].take(code[which])
        _add(books.value[row], place[which], added, alone=alone)
        if lent and board.night[u].any():
            owes = which[short[which]]
            night = shares[owes] * board.night[u].take(code[owes])
            _add(books.owed[row], held.lane[owes], night, alone=alone)


def _add(row: F8, places: I4, values: F8, *, alone: bool) -> None:
    """Add values to places of a row, one after another where a place comes twice."""
    if alone:
        row[places] += values
    else:
        np.add.at(row, places, values)
