"""A run's desk with what an account really holds in the place of what the run holds."""

import math
from typing import NamedTuple

import numpy as np

from ...data.errors import DataError
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ...data.shown import some
from ..backtrader.desk import Desk
from ..backtrader.leg_state import LegState
from ..judge.records import EPS
from .holdings import Holding, Holdings

FOR_GOOD = 2**31 - 1  # sessions that a holding without a leg is kept


class Taken(NamedTuple):
    """What is held for no leg of the run, and what there is to say."""

    strays: tuple[LegState, ...]
    notes: tuple[str, ...]


def take_over(desk: Desk, launches: Launches, holdings: Holdings) -> Taken:
    """Give the desk the holdings of an account at its last close; its legs then go on from them.

    Shares of a row with a launch belong to its leg, whatever the run made of it: an exit that was not filled is sent
    again, an entry that the run missed is taken as made. Others fill what the run holds of the code, leg by leg; what
    is left over belongs to no leg, counts in NAV and is left alone. DataError for a launch that has no such leg.
    """
    before, was = desk.nav, {leg.index: leg.held for leg in desk.live}
    given: dict[int, float] = {}
    strays, unknown = [], []
    for row in sorted(holdings.rows, key=lambda one: not one.launch):
        if not _priced(desk.panel, row.code, desk.t):
            unknown.append(row.code)
            continue
        rest = _given(desk, launches, row, was, given)
        if rest > EPS:
            strays.append(_stray(desk, row, math.copysign(rest, row.shares)))
    lacks = _lacks(desk.panel, desk.live, given)
    for leg in desk.legs:
        if leg.index in given or was.get(leg.index):
            _take(desk, leg, given.get(leg.index, 0.0))
    live = [leg for leg in desk.legs if leg.row <= desk.t and (leg.entering or leg.held != 0.0)]
    desk.live = [*(leg for leg in live if leg.index in was or leg.index in given), *strays]
    _count(desk, holdings.cash, before)
    desk.live = [leg for leg in desk.live if leg.launch >= 0]
    return Taken(tuple(strays), tuple(_notes(desk, holdings, strays, unknown, lacks)))


def _priced(panel: Panel, code: str, t: int) -> bool:
    return code in panel and bool(panel.mark[t, panel.column(code)] > 0.0)


def _given(
    desk: Desk, launches: Launches, row: Holding, was: dict[int, float], given: dict[int, float]
) -> float:
    """Give the shares of a row to legs; returns those that are left over."""
    i, rest = desk.panel.column(row.code), abs(row.shares)
    begun = [
        leg for leg in desk.legs if leg.row <= desk.t and leg.code == i and leg.side == np.sign(row.shares)
    ]
    if row.launch:
        begun = [leg for leg in begun if launches[leg.launch].id == row.launch]
    if row.launch and not begun:
        raise DataError(
            f"the run has no leg that {'bought' if row.shares > 0 else 'sold short'} {row.code} for {row.launch!r} "
            "by then; correct the launch, or leave it out"
        )
    for leg in begun:
        part = min(rest, abs(was.get(leg.index, 0.0)) - given.get(leg.index, 0.0))
        if part > 0.0:
            given[leg.index] = given.get(leg.index, 0.0) + part
            rest -= part
            leg.basis = row.price if row.price == row.price else leg.basis
    if row.launch and rest > EPS:
        chief = max(begun, key=lambda leg: (was.get(leg.index, 0.0) != 0.0, leg.entering, leg.index))
        if chief.opened_on < 0:
            _open_now(desk, chief)
        given[chief.index] = given.get(chief.index, 0.0) + rest
        chief.basis = row.price if row.price == row.price else chief.basis
        rest = 0.0
    return rest


def _open_now(desk: Desk, leg: LegState) -> None:
    """Take the entry of a leg as made at the last close."""
    leg.basis = leg.peak = float(desk.panel.mark[desk.t, leg.code])
    leg.opened_on, leg.bought_row = desk._done(leg), desk.t
    leg.due = (desk.t + 1, 0)


def _take(desk: Desk, leg: LegState, shares: float) -> None:
    """Give a leg its shares; an entry that is still tried goes on for what is missing of it."""
    if leg.planned > 0.0 and leg.side > 0 and leg.held != 0.0:  # shorts are paired with what there is
        part = leg.weight * (shares - abs(leg.held)) / leg.planned
        desk.long_filled[leg.launch] = max(desk.long_filled.get(leg.launch, 0.0) + part, 0.0)
    elif leg.planned > 0.0 and leg.side > 0 and leg.filled == 0.0:
        desk.long_filled[leg.launch] = (
            desk.long_filled.get(leg.launch, 0.0) + leg.weight * shares / leg.planned
        )
    if leg.entering:
        leg.filled = shares
        leg.entering = not shares or bool(leg.planned > shares + EPS)
    leg.held = leg.side * shares


def _stray(desk: Desk, row: Holding, shares: float) -> LegState:
    """Shares that no leg of the run accounts for."""
    return LegState(
        index=-1, launch=-1, code=desk.panel.column(row.code), side=int(np.sign(shares)), at=0, row=desk.t, wait=0,
        hold=FOR_GOOD, weight=0.0, rules=(math.nan, math.nan, math.nan), entering=False, held=shares,
    )  # fmt: skip


def _count(desk: Desk, cash: float, before: float) -> None:
    """Reckon NAV, gross and margin calls from what is held; without a cash of its own NAV stays that of the run."""
    p, t = desk.panel, desk.t
    worth = {True: 0.0, False: 0.0}  # of futures, for which no cash was paid, and of the rest
    for leg in desk.live:
        if leg.held != 0.0:
            worth[bool(p.futures[leg.code])] += float(leg.held * p.mark[t, leg.code] * p.rate(t, leg.code))
    if cash == cash:
        desk.cash = cash - worth[True]
    else:
        desk.cash = before - worth[True] - worth[False]
    desk.end_session()


def _lacks(panel: Panel, live: list[LegState], given: dict[int, float]) -> list[str]:
    """What the run holds and the account does not."""
    missing: dict[int, float] = {}
    for leg in live:
        lack = abs(leg.held) - given.get(leg.index, 0.0)
        if lack > EPS:
            missing[leg.code] = missing.get(leg.code, 0.0) + leg.side * lack
    return [f"{shares:,.15g} of {panel.codes[code]}" for code, shares in missing.items()]


def _notes(
    desk: Desk, holdings: Holdings, strays: list[LegState], unknown: list[str], lacks: list[str]
) -> list[str]:
    notes = list(holdings.read_as)
    if holdings.cash != holdings.cash:
        notes.append(
            f"{holdings.where} has no row `cash`: NAV is taken to be that of the run, and cash what is left of it"
        )
    if lacks:
        notes.append(
            f"the run holds and the account does not: {some(lacks)}; that is not sold, and bought only where its entry is still tried"
        )
    if strays:
        held = [f"{leg.held:,.15g} of {desk.panel.codes[leg.code]}" for leg in strays]
        notes.append(
            f"held for no launch of the run: {some(held)}; left alone and counted in NAV "
            "(a column `launch` says what shares are held for)"
        )
    if unknown:
        notes.append(f"without a price in the market: {some(unknown)}; left alone and not counted in NAV")
    if holdings.unread:
        notes.append(f"columns of {holdings.where} that are not read: {some(list(holdings.unread))}")
    return notes
