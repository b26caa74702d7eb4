"""The sessions of many portfolios side by side: what is due, then entries, then the close, as engine/compiled/days.py.

A lane is one parameter point. Lanes in which a rule is met that stands only in the general path are given up (`bad`): margin is
called, nothing is left, or several orders want the same volume or the last money.
"""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, Bool, Rows
from ..compiled.points import RULES, WHOLE
from ..compiled.windows import Layout, Rules
from ..results.metrics import Annual
from .ahead import NO_EXIT, book, signals
from .board import board_of
from .books import Books, Held, Legs, Waiting, metrics_of, together
from .entries import NOT_TRIED, enter
from .exits import act, act_on_plan, delist, in_order, leave

Table = NDArray[Any]


class Abreast:
    """A table of legs (LEG dtype, sorted by row) under many points (POINT dtype), each a lane."""

    def __init__(self, layout: Layout, rules: Rules, legs: Table, points: Table) -> None:
        codes = np.unique(legs["code"])
        self.rows, self.count = len(layout.panel), len(points)
        self.board = board_of(layout, codes, rules)
        self.legs = Legs(
            np.searchsorted(codes, legs["code"]).astype(np.int32), legs["side"] < 0,
            *(np.ascontiguousarray(legs[name]) for name in ("row", "weight")),
        )  # fmt: skip
        self.points = {name: np.ascontiguousarray(points[name]) for name in ("scale", *WHOLE, *RULES)}
        self.own = {name: np.ascontiguousarray(legs[name]) for name in (*WHOLE, *RULES)}
        self.ruled = any(self._is_ruled(name) for name in RULES)
        hold = max(int(points["hold"].max()), int(legs["hold"].max()))
        self.books = Books(self.count, self._ahead(hold), len(codes), rules)
        self.joining: dict[int, list[int]] = defaultdict(list)
        for k, row in enumerate(legs["row"].tolist()):
            self.joining[row].append(k)
        self.agenda: dict[int, list[Held]] = defaultdict(list)
        self.put_off: list[tuple[Held, I4, bool]] | None = None

    def run(self, annual: Annual) -> tuple[F8, Bool]:
        """Metrics of each lane from the first row to the last, (lanes, 12), and which ones were given up."""
        waiting: list[Waiting] = []
        with np.errstate(all="ignore"):
            for t in range(self.rows):
                waiting = self._session(t, waiting)
                self.books.close(t)
            return metrics_of(self.books, self.rows, annual), self.books.bad

    def _is_ruled(self, name: str) -> bool:
        asked = self.points[name]
        own = np.isinf(asked).any() and np.isfinite(self.own[name]).any()
        return bool(np.isfinite(asked).any() or own)

    def _ahead(self, hold: int) -> int:
        """Rows that the longest hold takes at most, and one to spare."""
        rows = self.board.row_of[:, 1:]
        reach = np.minimum(np.arange(rows.shape[1]) + hold, rows.shape[1] - 1)
        return min(int((rows[:, reach] - rows).max()) + 2, self.rows + 1)

    def _of(self, name: str, leg: int | I4, lane: I4) -> NDArray[Any]:
        """What the points of lanes put in the place of a column of the legs."""
        asked = self.points[name][lane]
        own = np.isinf(asked) if name in RULES else asked < 0
        return np.where(own, self.own[name][leg], asked)

    def _session(self, t: int, waiting: list[Waiting]) -> list[Waiting]:
        """The orders of row t, and what is known ahead; returns what waits on."""
        chunks, joins = self.agenda.pop(t, []), self.joining.get(t, [])
        if not (chunks or joins or waiting):
            return waiting
        self.books.begin()
        held = in_order(self.legs, together(chunks)) if chunks else None
        full: Bool | None = None
        if t in self.board.actions or (self.board.gone == t).any():
            waiting, held, full = self._changed(t, waiting, held)
            self.put_off = []
        if held is not None:
            self._look_ahead(leave(self.board, self.legs, self.books, held, t), t, alone=False)
        new = [self._new(k) for k in joins if t < self.board.gone[self.legs.code[k]]]
        on = [one for w in (*waiting, *new) for one in self._enter(w, t)]
        if full is not None:
            self._book_put_off(full, t)
        return on

    def _new(self, k: int) -> Waiting:
        """A leg that joins, in all lanes."""
        n = self.count
        whole = [np.full(n, value, np.int32) for value in (NOT_TRIED, k, 0, NO_EXIT)]
        shares, basis, peak = np.zeros((3, n))
        part = Held(np.arange(n, dtype=np.int32), whole[1], shares, basis, peak, whole[2], whole[3])
        return Waiting(k, whole[0], np.full(n, np.nan), part)

    def _enter(self, w: Waiting, t: int) -> list[Waiting]:
        """One attempt in each lane; returns what waits on."""
        lane = w.part.lane
        if self.board.open[t, self.legs.code[w.leg]]:
            scale, wait, hold = (
                self.points["scale"][lane],
                *(self._of(name, w.leg, lane) for name in WHOLE[:2]),
            )
            w, held = enter(self.board, self.legs, self.books, w, (scale, wait, hold), t)
            self._look_ahead(held, t, alone=True)
        some = w.part.shares.nonzero()[0]
        if len(some):
            w = self._look_ahead_in_part(w, some, t)
        return [w] if len(w.first) else []

    def _look_ahead_in_part(self, w: Waiting, some: Rows, t: int) -> Waiting:
        """Book what is held in part for one row; what is to get out waits no more: its exit comes first."""
        held, one = w.part.at(some), np.ones(len(some), np.int32)
        if self.ruled:
            held, _ = self._to_signals(held, t, one)
        self._book(held, t, one, alone=True)
        w.part.peak[some] = held.peak
        out = (held.why != NO_EXIT) | (held.due <= t + 1)
        self._schedule(held.at(out.nonzero()[0]), t + one[out])
        waits = np.ones(len(w.first), np.bool_)
        waits[some[out]] = False
        return w.at(waits.nonzero()[0])

    def _look_ahead(self, held: Held, t: int, *, alone: bool) -> None:
        """Book legs after their orders of row t up to their next event, and schedule that; `alone` as in ahead.py."""
        if not len(held.lane):
            return
        going = held.why != NO_EXIT
        until = np.minimum(held.due, self.board.change[t][self.legs.code[held.leg]])
        n = np.where(going, 1, np.maximum(until - t, 1)).astype(np.int32)
        if self.ruled and not going.all():
            looked, rows = self._to_signals(held, t, n)
            held = held._replace(
                why=np.where(going, held.why, looked.why), peak=np.where(going, held.peak, looked.peak)
            )
            n = np.where(going, 1, rows).astype(np.int32)
        self._book(held, t, n, alone=alone)
        self._schedule(held, t + n)

    def _to_signals(self, held: Held, t: int, n: I4) -> tuple[Held, I4]:
        stop, target, trail = (self._of(name, held.leg, held.lane) for name in RULES)
        return signals(self.board, self.legs, (stop, target, trail), held, t, n)

    def _schedule(self, held: Held, row: I4) -> None:
        """What is held is due in these rows."""
        if not len(row):
            return
        order = np.argsort(row, kind="stable")
        held, row = held.at(order), row[order]
        for first, stop in pairwise((0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row))):
            self.agenda[int(row[first])].append(held.at(slice(first, stop)))

    def _changed(
        self, t: int, waiting: list[Waiting], held: Held | None
    ) -> tuple[list[Waiting], Held | None, Bool]:
        """Corporate actions and delistings, on all that is held; returns the lanes that these concern too."""
        board, legs, full = self.board, self.legs, np.zeros(self.count, np.bool_)
        parts = [*([] if held is None else [held]), *(w.part for w in waiting)]
        if not parts:
            return waiting, held, full
        everyone = together(parts)
        full[everyone.lane[board.change[max(t - 1, 0)][legs.code[everyone.leg]] == t]] = True
        for action in board.actions.get(t, ()):
            everyone = act(board, legs, self.books, action, everyone, t)
            waiting = [act_on_plan(legs, action, w) for w in waiting]
        stays = delist(board, legs, self.books, everyone, t)
        ends = np.cumsum([len(part.lane) for part in parts]).tolist()
        found = [everyone.at(slice(first, stop)) for first, stop in pairwise((0, *ends))]
        if held is not None:
            held = found.pop(0).at(stays[: len(held.lane)].nonzero()[0])
        on = [w._replace(part=part) for w, part in zip(waiting, found, strict=True)]
        return [w for w in on if t < board.gone[legs.code[w.leg]]], held, full

    def _book(self, held: Held, t: int, n: I4, *, alone: bool) -> None:
        """Add the legs' value to n rows from t on, or put that off until all of the row's legs are known."""
        if self.put_off is None:
            book(self.board, self.legs, self.books, held, t, n, alone=alone)
        else:
            self.put_off.append((held, n, alone))

    def _book_put_off(self, full: Bool, t: int) -> None:
        """Where every rule is looked at, in order of legs; elsewhere those that were held before come before entries."""
        put_off, self.put_off = self.put_off or [], None
        if not put_off:
            return
        held, n = together([one for one, _, _ in put_off]), np.concatenate([rows for _, rows, _ in put_off])
        entered = np.concatenate([np.full(len(rows), alone) for _, rows, alone in put_off])
        key = held.leg + (entered & ~full[held.lane]) * len(self.legs.code)
        order = np.argsort(key, kind="stable")
        book(self.board, self.legs, self.books, held.at(order), t, n[order], alone=False)
