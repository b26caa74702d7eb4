"""What the rules of a day were for one code, and one order, in plain words with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ...calendars.sessions import sessions
from ...dated import to_day
from ...errors import CalendarError, RuleError
from ...instruments.codes import is_st_name
from ...instruments.instrument import A_SHARE_BOARDS, Instrument, Spell
from ...instruments.spellings import read_as
from ...instruments.table import Instruments, to_instruments
from ..costs import Charges, Usual
from ..ticks import checked_side
from .orders import lot_part, order_part, tick_part
from .paid import cost_part
from .price_limits import limit_part
from .question import AskedOrder, Question, Workings
from .trading import session_part, settlement_part, short_part

_RECENT_DAYS = 30  # a listing is followed session by session for about a month


@dataclass(frozen=True)
class RuleAnswer:
    """The rules of one code on one day. Prices in local currency; None is unknown or not asked for.

    `limit_pct` is in per cent (20.0), None when unlimited. `costs` holds every item and `total` of the order
    that was asked about, None without one; an item the book does not cover is None, and so is the total.
    """

    code: str
    name: str
    on: date
    exchange: str
    board: str
    currency: str
    limit_pct: float | None
    limit_up: float | None
    limit_down: float | None
    unlimited: bool
    tick: float | None
    lot_min: int | None
    lot_step: int | None
    settlement: str
    shortable: bool
    costs: Mapping[str, float | None] | None
    sources: tuple[str, ...]
    steps: tuple[str, ...]
    unknowns: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """A plain dictionary, ready for JSON; keys are part of the public interface."""
        keys: tuple[str, ...] = (
            "exchange",
            "board",
            "limit_pct",
            "limit_up",
            "limit_down",
            "unlimited",
            "tick",
            "lot_min",
        )
        keys += ("lot_step", "settlement", "shortable")
        plain: dict[str, object] = {key: getattr(self, key) for key in keys}
        plain["costs"] = None if self.costs is None else dict(self.costs)
        return {**plain, **{key: list(getattr(self, key)) for key in ("sources", "steps", "unknowns")}}

    def lines(self) -> list[str]:
        """The answer for a reader: what it is, how it came about, what is not known, where it stands."""
        title = f"{self.code} {self.name}".strip()
        lines = [f"{title}, {self.exchange} {self.board}, on {self.on}"]
        lines += [f"  {step}" for step in self.steps]
        for heading, entries in (("Not known:", self.unknowns), ("Sources:", self.sources)):
            if entries:
                lines += [heading, *(f"  {entry}" for entry in entries)]
        return lines


def explain(
    code: Instrument | str,
    on: object,
    *,
    instruments: Instruments | Path | str | None = None,
    prev_close: float | None = None,
    side: str | None = None,
    price: float | None = None,
    shares: int | None = None,
    st: bool = False,
    listed_session: int | None = None,
    issue_price: float | None = None,
    brokerage: Charges | None = None,
) -> RuleAnswer:
    """What the exchange's rules were for a code on the day `on`, and what one order would have cost.

    A `code` is looked up in `instruments`, the shipped ones or a file over them, unless it is an instrument already.
    `prev_close` is the exchange's reference (ex-right on ex-days), in local currency. `side` ("buy" or
    "sell"), `price` and `shares` come together. `st` says it was under a risk warning that day.
    `listed_session` counts sessions from 1 on the listing day; without it the listing day of the
    instruments table decides. RuleError for a day before the book, an impossible number, or half an order.

    >>> answer = explain("688158.SS", "2026-02-12", prev_close=37.54)
    >>> answer.limit_pct, answer.limit_up, answer.lot_min
    (20.0, 45.05, 200)
    """
    book = to_instruments(instruments)
    instrument = code if isinstance(code, Instrument) else book[code]
    spelled = (*book.notes, *read_as({} if isinstance(code, Instrument) else {code: instrument.code}))
    day = to_day(on, "on")
    order = _checked_order(side, price, shares)
    _check_price("prev_close", prev_close)
    _check_price("issue_price", issue_price)
    count = _listed_session(instrument, day, listed_session)
    asked = _as_asked(instrument, day, st, issue_price)
    answer = Workings(np.array([day], "datetime64[D]"), steps=list(spelled), unknowns=list(asked.unknowns))
    session_part(answer, asked)
    return _work_out(answer, asked, Question(prev_close, count, order, brokerage or Usual()))


def _work_out(workings: Workings, asked: Instrument, question: Question) -> RuleAnswer:
    limits = limit_part(workings, asked, question.prev_close, question.listed_session)
    order = question.order
    tick = tick_part(workings, asked, order.price if order else question.prev_close)
    lot = lot_part(workings, asked)
    settled = settlement_part(workings, asked)
    may_short = short_part(workings, asked)
    if order is not None:
        order_part(workings, asked, order, limits, lot)
    paid = cost_part(workings, asked, order, lot, question.brokerage)
    return RuleAnswer(
        code=asked.code,
        name=asked.name,
        on=workings.on,
        exchange=asked.exchange,
        board=asked.board,
        currency=asked.currency,
        limit_pct=limits.percent,
        limit_up=limits.up,
        limit_down=limits.down,
        unlimited=limits.unlimited,
        tick=tick,
        lot_min=lot.smallest if lot else None,
        lot_step=lot.step if lot else None,
        settlement=settled,
        shortable=may_short,
        costs=None if paid is None else MappingProxyType(paid),
        sources=tuple(dict.fromkeys(workings.sources)),
        steps=tuple(workings.steps),
        unknowns=tuple(dict.fromkeys(workings.unknowns)),
    )


def _checked_order(side: str | None, price: float | None, shares: int | None) -> AskedOrder | None:
    if side is None and price is None and shares is None:
        return None
    if side is None or price is None or shares is None:
        raise RuleError(
            "the cost of an order needs its side, its price and its shares; give all three or none"
        )
    _check_price("price", price)
    if shares < 1:
        raise RuleError(f"shares must be a whole number above zero (got {shares})")
    return AskedOrder(checked_side(side), price, shares)


def _check_price(what: str, price: float | None) -> None:
    if price is not None and not 0 < price < 1e7:
        raise RuleError(f"{what} must be a price above zero (got {price})")


def _as_asked(instrument: Instrument, day: date, st: bool, issue_price: float | None) -> Instrument:
    if st and instrument.board not in A_SHARE_BOARDS | {"b"}:
        raise RuleError(
            f"{instrument.code}: only mainland shares carry ST, not board {instrument.board!r}; drop `st`"
        )
    named = is_st_name(instrument.name) and instrument.mainland and not instrument.st
    if st or named:
        doubt = (
            f"named {instrument.name} without saying since when: taken as under a risk warning (ST) on {day}"
        )
        instrument = replace(
            instrument,
            st=(Spell(day, day),),
            unknowns=(
                *(text for text in instrument.unknowns if "ST" not in text),
                *(() if st else (doubt,)),
            ),
        )
    return instrument if issue_price is None else replace(instrument, issue_price=issue_price)


def _listed_session(instrument: Instrument, day: date, given: int | None) -> int:
    if given is not None:
        if given < 1:
            raise RuleError(f"sessions are counted from 1 on the listing day (got {given})")
        return given
    listed = instrument.listed
    if listed is None:
        return 0
    if day < listed:
        raise RuleError(f"{instrument.code} was listed on {listed}; ask for that day or later, not {day}")
    if instrument.delisted is not None and day > instrument.delisted:
        raise RuleError(f"{instrument.code} was delisted on {instrument.delisted}; ask for an earlier day")
    if (day - listed).days > _RECENT_DAYS:
        return 0
    try:
        return len(sessions(instrument.exchange, listed, day))
    except CalendarError:
        return 1 if day == listed else 0
