"""A strategy of legs asked at every auction: do its legs change when what came later is gone, or is something else?

Each auction is asked twice: on the market cut off there, and on one that goes on with other numbers. The ledger has the
launches and links that were public by then.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data.instruments.instrument import Instrument, Spell
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ...data.panel.reach import first_rows
from ..legs import AT_NAMES, CLOSE, OPEN
from .culprit import Rows, culprit
from .foresight import AFTER_THE_OPEN, Auction, change_of, described, known_at, moment_of, until
from .leaks import Leak
from .memory import Unasked
from .native_foresight import Cut, other_future

if TYPE_CHECKING:
    from .backtest import Strategy

TRACED = 6  # auctions at which the line of a leak is looked for
FUTURES = 4  # other numbers that are tried before it is said that prices do not matter
HIDDEN = {
    "prices": "prices after that moment are others",
    "roles": "roles, listings and spells of later days are hidden",
    "launches": "later launches are hidden",
    "links": "links of codes to launches that became public later are hidden",
    "the end of the data": "the data end there",
}
Step = Callable[[int], None]
Described = list[tuple[Any, ...]]


@dataclass
class EveryAuction:
    """One strategy on one market; `launches` on the portfolio's clock, `legs` the strategy's on the whole of it."""

    strategy: "Strategy"
    launches: Launches
    panel: Panel
    legs: NDArray[Any]
    asked: int = 0
    leaks: dict[tuple[Any, ...], Leak] = field(default_factory=dict)
    traced: int = 0

    def __post_init__(self) -> None:
        self.unasked = Unasked(self.strategy)

    def ask(self, progress: Step = lambda done: None) -> list[Leak]:
        """The leaks, in the order of the auctions; `progress` is called with the auctions done."""
        rng = np.random.default_rng(0)
        for done, cut in enumerate(self.cuts()):
            whole = described(until(self.legs, cut), self.launches, self.panel)
            ledger = public_at(self.launches, cut, self.panel)
            for seen_panel in (cut_off(self.panel, cut, rng), going_on(self.panel, cut, rng)):
                self.asked += 1
                seen = self._seen(ledger, seen_panel, cut)
                if seen is not None and seen != whole:
                    self._note(cut, whole, seen, ledger, seen_panel)
            progress(done + 1)
        for leak in self._too_early():
            self.leaks.setdefault((leak.session, leak.at, leak.code, leak.launch), leak)
        return list(self.leaks.values())

    def cuts(self) -> list[Auction]:
        """Every row's open; every close too where some leg trades at a close."""
        closes = bool((self.legs["at"] == CLOSE).any())
        ats = (OPEN, CLOSE) if closes else (OPEN,)
        return [Auction(row, at) for row in range(1, len(self.panel)) for at in ats]

    def _seen(self, ledger: Launches, panel: Panel, cut: Auction) -> Described | None:
        """Legs up to an auction on another market; None where there is too little history to answer at all."""
        try:
            legs = self.unasked().legs(ledger, panel)
            return described(until(legs, cut), ledger, panel)
        except Exception as fault:  # noqa: BLE001 whatever its code raises when the future is another
            decided = until(self.legs, cut)
            return [("fails", f"{type(fault).__name__}: {fault}")] if len(decided) else None

    def _note(self, cut: Auction, whole: Described, seen: Described, ledger: Launches, panel: Panel) -> None:
        """Keep the legs that differ, each once; the first of them with the line that let the future in."""
        failed = bool(seen) and seen[0][0] == "fails"
        keys = {leg[:4] for leg in (whole if failed else set(whole) ^ set(seen))}
        fresh = sorted(key for key in keys if self._key(key) not in self.leaks)
        if failed:
            fresh = fresh[-1:]  # the leg whose decision ran into the end
        if not fresh:
            return
        cause, line, source = self._cause(cut, whole, ledger, panel)
        for key in fresh:
            words = f"cannot be decided ({seen[0][1]})" if failed else change_of(key, whole, seen)
            leak = Leak(*self._key(key), f"{words} when {HIDDEN[cause]}", cause, line, source)
            self.leaks[self._key(key)] = leak

    def _key(self, leg: tuple[Any, ...]) -> tuple[str, str, str, str]:
        row, at, code, launch = leg[:4]
        return str(self.panel.sessions[row]), AT_NAMES[at], code, launch

    def _cause(self, cut: Auction, whole: Described, ledger: Launches, panel: Panel) -> tuple[str, str, str]:
        """What was hidden that mattered, and the line that read it: the narrowest difference that still shows."""
        rng = np.random.default_rng(1)
        unlinked = self.launches.as_of(moment_of(cut, self.panel))
        others = [going_on(self.panel, cut, rng) for _ in range(FUTURES)]
        dated = going_on(self.panel, cut, rng, factor=0.0)
        tries = (
            *(("prices", (ledger, dated), (ledger, other)) for other in others),
            ("roles", (ledger, self.panel), (ledger, dated)),
            ("links", (unlinked, self.panel), (ledger, self.panel)),
            ("launches", (self.launches, self.panel), (unlinked, self.panel)),
            ("the end of the data", (ledger, self.panel), (ledger, panel)),
        )
        for cause, one, two in tries:
            if self._seen(*one, cut) != self._seen(*two, cut):
                return cause, *self._line(cut, one, two)
        return "the end of the data", "", ""

    def _line(
        self, cut: Auction, one: tuple[Launches, Panel], two: tuple[Launches, Panel]
    ) -> tuple[str, str]:
        if self.traced >= TRACED:
            return "", ""
        self.traced += 1
        rows = Rows(len(self.panel), cut.row + (cut.at != OPEN))
        strategies = self.unasked(), self.unasked()
        asked = (partial(each.legs, *world) for each, world in zip(strategies, (one, two), strict=True))
        return culprit(folder_of(self.strategy), rows, *asked)

    def _too_early(self) -> Iterator[Leak]:
        """Legs whose auction comes before the first that their launch can reach."""
        for at in (OPEN, CLOSE):
            reach = first_rows(self.launches, self.panel, "open" if at == OPEN else "close")
            for leg in self.legs[self.legs["at"] == at]:
                first = int(reach[leg["launch"], self.panel.exchange_of[leg["code"]]])
                if leg["row"] < first:
                    key = (
                        int(leg["row"]),
                        at,
                        self.panel.codes[leg["code"]],
                        self.launches[leg["launch"]].id,
                    )
                    yield Leak(
                        *self._key(key), "comes before the first order that its launch can reach", "reach"
                    )


def folder_of(strategy: object) -> Path:
    """Where the file of a strategy lies; the guard around one from a file is looked through."""
    own = getattr(strategy, "strategy", strategy)
    cls = own if isinstance(own, type) else type(own)
    return Path(inspect.getsourcefile(cls) or "").parent


def public_at(launches: Launches, cut: Auction, panel: Panel) -> Launches:
    """The ledger at an auction: launches that were known, each with the codes whose link was public by then."""
    then = launches.as_of(moment_of(cut, panel))
    day = panel.sessions[cut.row].astype(object)
    last = day - timedelta(days=1) if cut.at == OPEN else day
    rows = (
        replace(one, codes=tuple(c for c in one.codes if c.launches or c.since is None or c.since <= last))
        for one in then
    )
    return replace(then, rows=tuple(rows))


def cut_off(panel: Panel, cut: Auction, rng: np.random.Generator) -> Panel:
    """The panel as it stood at an auction, without what its instruments' rows say of later days."""
    return _dated(known_at(cut, panel, rng), panel.sessions[cut.row].astype(object))


def going_on(panel: Panel, cut: Auction, rng: np.random.Generator, *, factor: float | None = None) -> Panel:
    """The panel with all its rows, and other numbers from an auction on; with `factor` 0 the true ones."""
    day = panel.sessions[cut.row].astype(object)
    if factor == 0.0:
        return _dated(replace(panel, universe=panel.universe.as_of(day)), day)
    other = other_future(panel, Cut(cut.row, int(rng.choice((-1, 1)))), rng)
    changed: dict[str, Any] = {"universe": panel.universe.as_of(day)}
    if cut.at == OPEN:
        factors = rng.choice((0.5, 0.8, 1.25, 2.0), len(panel.codes))
        for name in AFTER_THE_OPEN:
            values = getattr(other, name).copy(order="F")
            values[cut.row] *= factors
            changed[name] = values
        rates = other.fx.copy(order="F")
        rates[cut.row] *= rng.choice((0.9, 1.1), rates.shape[1])
        changed["fx"] = rates
    return _dated(replace(other, **changed), day)


def _dated(panel: Panel, day: date) -> Panel:
    return replace(panel, instruments=tuple(_known(one, day) for one in panel.instruments))


def _known(one: Instrument, day: date) -> Instrument:
    """What an instrument's row says of days up to this one."""

    def begun(spells: tuple[Spell, ...]) -> tuple[Spell, ...]:
        return tuple(
            Spell(spell.first, spell.last if spell.last and spell.last <= day else None)
            for spell in spells
            if spell.first <= day
        )

    gone = one.delisted if one.delisted is not None and one.delisted <= day else None
    shortable = None if one.shortable is None else begun(one.shortable)
    return replace(
        one, delisted=gone, st=begun(one.st), delisting=begun(one.delisting), s_share=begun(one.s_share),
        shortable=shortable, no_limit=tuple(free for free in one.no_limit if free <= day),
    )  # fmt: skip
