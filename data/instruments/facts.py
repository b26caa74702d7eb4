"""Facts of a security as a source states them, and how they are laid over what the table knows.

A fact fills what the table leaves open, or holds only from memory; what a table's row states from a source of its own
stays. Every fact that was taken stands in the instrument's `source`, and takes what was assumed in its place from `unknowns`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from ..dated import Dated
from .codes import is_delisting_name, is_st_name
from .instrument import Instrument, Spell

# What the table says of rows that it is not sure of.
LISTING_DOUBTS = ("listing day from memory", "listing day unknown")
STATUS_DOUBTS = ("no risk-warning (ST) spell known", "ST spells unknown")
LOT_DOUBTS = ("board lot from memory", "board lot unknown", "board lot of 100 is a guess")


@dataclass(frozen=True)
class Named:
    """A short name and the days on which it was borne, both included; `last` None: to this day."""

    name: str
    first: date
    last: date | None = None


@dataclass(frozen=True)
class Facts:
    """What one source states of one security; None or empty where it says nothing.

    `names` in order, the first from the listing on, tell risk warnings and delisting periods. `lot` is today's, in
    shares. `seen_at` is the moment at which the source was asked, ISO in UTC.
    """

    code: str
    source: str
    seen_at: str = ""
    listed: date | None = None
    delisted: date | None = None
    issue_price: float | None = None
    names: tuple[Named, ...] = ()
    lot: int | None = None

    def __bool__(self) -> bool:
        return any((self.listed, self.delisted, self.issue_price, self.names, self.lot))

    def to_json(self) -> dict[str, Any]:
        row = asdict(self)
        return {name: _plain(value) for name, value in row.items() if value not in (None, (), "")}


def facts_from(row: Mapping[str, Any]) -> Facts:
    """Facts from what `to_json` gave; KeyError, TypeError or ValueError for anything else."""
    days = {name: _day(row.get(name)) for name in ("listed", "delisted")}
    names = tuple(
        Named(str(one["name"]), date.fromisoformat(one["first"]), _day(one.get("last")))
        for one in row.get("names", ())
    )
    lot = row.get("lot")
    price = row.get("issue_price")
    return Facts(
        code=str(row["code"]),
        source=str(row["source"]),
        seen_at=str(row.get("seen_at", "")),
        **days,
        issue_price=None if price is None else float(price),
        names=names,
        lot=None if lot is None else int(lot),
    )


def laid_over(instrument: Instrument, stated: Sequence[Facts]) -> Instrument:
    """The instrument with what sources state of it, the first that knows a thing deciding."""
    for facts in stated:
        for lay in (_listing, _issue_price, _delisting_day, _status, _lot):
            instrument = lay(instrument, facts)
    return instrument


def spells_of(names: Sequence[Named], meant: Callable[[str], bool]) -> tuple[Spell, ...]:
    """The spells in which a name of that kind was borne; names that follow each other at once are one spell."""
    spells: list[Spell] = []
    for one in sorted(names, key=lambda one: one.first):
        if not meant(one.name):
            continue
        before = spells[-1] if spells else None
        if before and before.last is not None and one.first <= before.last + timedelta(days=1):
            spells[-1] = Spell(before.first, one.last)
        else:
            spells.append(Spell(one.first, one.last))
    return tuple(spells)


def _listing(instrument: Instrument, facts: Facts) -> Instrument:
    if facts.listed is None:
        return instrument
    if instrument.listed is None or _doubted(instrument, LISTING_DOUBTS):
        return _settled(instrument, LISTING_DOUBTS, facts, "listing day", listed=facts.listed)
    if instrument.listed != facts.listed:
        return _told(
            instrument,
            f"listed on {instrument.listed} by the table, on {facts.listed} by {facts.source}: the table's is taken",
        )
    return instrument


def _issue_price(instrument: Instrument, facts: Facts) -> Instrument:
    if facts.issue_price is None or instrument.issue_price is not None:
        return instrument
    return _settled(instrument, (), facts, "issue price", issue_price=facts.issue_price)


def _delisting_day(instrument: Instrument, facts: Facts) -> Instrument:
    if facts.delisted is None or instrument.delisted is not None:
        return instrument
    return _settled(instrument, (), facts, "last day", delisted=facts.delisted)


def _status(instrument: Instrument, facts: Facts) -> Instrument:
    """Risk warnings and delisting periods from the names, where the table knows of none."""
    known = instrument.st or instrument.delisting
    if not facts.names or not instrument.mainland or known or instrument.board == "index":
        return instrument
    return _settled(
        instrument,
        STATUS_DOUBTS,
        facts,
        "names",
        st=spells_of(facts.names, is_st_name),
        delisting=spells_of(facts.names, is_delisting_name),
    )


def _lot(instrument: Instrument, facts: Facts) -> Instrument:
    """Today's board lot, where none is known: of earlier days it says nothing, and that is said."""
    if facts.lot is None or instrument.lots is not None or instrument.mainland:
        return instrument
    first = str(instrument.listed or date(1990, 1, 1))
    lots = Dated(
        (first, float(facts.lot)), name=f"lots of {instrument.code}", source=facts.source, confidence=""
    )
    laid = _settled(instrument, LOT_DOUBTS, facts, "board lot", lots=lots)
    return _told(
        laid, f"board lot of {facts.lot} is today's by {facts.source}: taken for earlier days as well"
    )


def _settled(
    instrument: Instrument, doubts: Sequence[str], facts: Facts, what: str, **values: Any
) -> Instrument:
    """The instrument with values of a source, which is named, and without the doubts that they end."""
    left = tuple(text for text in instrument.unknowns if not text.startswith(tuple(doubts) or ("\0",)))
    since = f" {facts.seen_at[:10]}" if facts.seen_at else ""
    told = f"{what}: {facts.source}{since}"
    source = "; ".join(dict.fromkeys(filter(None, (*instrument.source.split("; "), told))))
    return replace(instrument, unknowns=left, source=source, **values)


def _told(instrument: Instrument, doubt: str) -> Instrument:
    return replace(instrument, unknowns=tuple(dict.fromkeys([*instrument.unknowns, doubt])))


def _doubted(instrument: Instrument, doubts: Sequence[str]) -> bool:
    return any(text.startswith(tuple(doubts)) for text in instrument.unknowns)


def _day(text: object) -> date | None:
    return None if text is None else date.fromisoformat(str(text))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    return value
