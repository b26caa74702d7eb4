"""Launches that overlap: what of a leg is still wanted beside the legs that are open when it begins.

A leg counts as open from its first row to its exit after `hold` sessions, as if it filled at once. Legs are taken in the
order in which they begin, those of one row by launch, and each sees only the legs before it.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, I8
from ...data.panel.panel import Panel

Overlap = Literal["stack", "net", "skip", "cap"]
OVERLAPS: tuple[Overlap, ...] = ("stack", "net", "skip", "cap")
LEAST = 1e-9  # of a weight: below it a leg is nothing


class Caps(NamedTuple):
    """Largest weight of a name on one side, and largest gross of all open legs."""

    name: float
    gross: float


class Legs(NamedTuple):
    """What is wanted: position of the launch, column, side, weight, first row and row of the exit, each (n,)."""

    launch: I8
    code: I8
    side: I8
    weight: F8
    row: I8
    end: I8


@dataclass
class Book:
    """The legs that are open at a row."""

    open: list[tuple[int, int, int, float]] = field(default_factory=list)  # end, launch, code, signed weight

    def until(self, row: int) -> None:
        """Drop the legs whose exit is at `row` or before."""
        self.open = [leg for leg in self.open if leg[0] > row]

    def held(self, launch: int) -> dict[int, float]:
        """Signed weight by code of the legs of other launches."""
        held: dict[int, float] = defaultdict(float)
        for _, owner, code, signed in self.open:
            if owner != launch:
                held[code] += signed
        return held

    def by_side(self) -> dict[tuple[int, int], float]:
        """Weight by code and side."""
        held: dict[tuple[int, int], float] = defaultdict(float)
        for _, _, code, signed in self.open:
            held[code, 1 if signed > 0.0 else -1] += abs(signed)
        return held

    @property
    def gross(self) -> float:
        return sum(abs(leg[3]) for leg in self.open)


def exit_rows(row: I8, code: I8, hold: int, panel: Panel) -> I8:
    """Row `hold` sessions of the code's own exchange after each first row, (n,); `len(panel)` where it lies beyond."""
    ends = np.full(len(row), len(panel), np.int64)
    for e in np.unique(panel.exchange_of[code]):
        mine = panel.exchange_of[code] == e
        own = panel.own_rows(int(e))
        later = np.searchsorted(own, row[mine]) + hold
        ends[mine] = np.append(own, len(panel))[np.minimum(later, len(own))]
    return ends


def without_overlap(legs: Legs, policy: Overlap, caps: Caps) -> F8:
    """The weights that remain, (n,); 0 for a leg that is left out.

    `stack`: all of them. `skip`: none of a launch that wants a name which an earlier launch still holds. `net`: only
    what exceeds the opposite weight that earlier launches hold in the same name. `cap`: as much as keeps every name
    and the sum below the caps; where a name is cut, the other side of its launch is cut in proportion.
    """
    kept = legs.weight.copy()
    if policy == "stack" or not len(kept):
        return kept
    book, skipped = Book(), set[int]()
    for group in _groups(legs):
        row, launch = int(legs.row[group[0]]), int(legs.launch[group[0]])
        book.until(row)
        held = book.held(launch)
        if policy == "skip":
            if launch in skipped or any(int(code) in held for code in legs.code[group]):
                skipped.add(launch)
                kept[group] = 0.0
        elif policy == "net":
            kept[group] = _beyond(legs, group, held)
        else:
            kept[group] = _under_caps(legs, group, book, caps)
        for k in group:
            if kept[k] < LEAST:
                kept[k] = 0.0
            else:
                signed = float(legs.side[k] * kept[k])
                book.open.append((int(legs.end[k]), launch, int(legs.code[k]), signed))
    return kept


def _groups(legs: Legs) -> list[I4]:
    """Positions of legs that begin together: by row, then launch."""
    order = np.lexsort((-legs.side, legs.launch, legs.row)).astype(np.int32)
    changes = np.diff(legs.row[order]).astype(bool) | np.diff(legs.launch[order]).astype(bool)
    return np.split(order, np.flatnonzero(changes) + 1)


def _beyond(legs: Legs, group: I4, held: dict[int, float]) -> F8:
    """Weights less the opposite ones that others hold."""
    against = np.array([-held.get(int(legs.code[k]), 0.0) * legs.side[k] for k in group])
    beyond: F8 = np.maximum(legs.weight[group] - np.maximum(against, 0.0), 0.0)
    return beyond


def _under_caps(legs: Legs, group: I4, book: Book, caps: Caps) -> F8:
    """Weights cut to the room of each name, the sides kept in proportion, then to the room of the sum."""
    wanted, side = legs.weight[group], legs.side[group]
    held = book.by_side()
    cut = wanted.copy()
    for j, k in enumerate(group):
        name = (int(legs.code[k]), int(side[j]))
        cut[j] = min(wanted[j], max(caps.name - held[name], 0.0))
        held[name] += cut[j]
    left = [_ratio(cut[side == sign], wanted[side == sign]) for sign in (1, -1)]
    smallest = min(left)
    for sign, ratio in zip((1, -1), left, strict=True):
        if ratio > 0.0:
            cut[side == sign] *= smallest / ratio
    room = max(caps.gross - book.gross, 0.0)
    return np.asarray(cut * min(1.0, room / max(float(cut.sum()), LEAST)), np.float64)


def _ratio(cut: NDArray[Any], wanted: NDArray[Any]) -> float:
    """What is left of a side; 1 for a side that is not there, which binds nothing."""
    return float(cut.sum() / wanted.sum()) if len(wanted) else 1.0
