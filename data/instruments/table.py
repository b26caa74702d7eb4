"""The instruments table: the one that ships, the user's rows over it, and codes derived from their prefix."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import RuleError
from ..shown import Shown, Told, counted, first_of
from .codes import KEPT_DIGITS, derive, successor
from .facts import Facts, laid_over
from .instrument import A_SHARE_BOARDS, BOARDS, ROLES, Instrument, Spell, spells_cover
from .rows import LIST_UNKNOWN, SHIPPED, ST_UNKNOWN, read_over
from .spellings import understood

__all__ = [
    "BOARDS",
    "ROLES",
    "ST_UNKNOWN",
    "Instrument",
    "Instruments",
    "Spell",
    "load_instruments",
    "spells_cover",
]

NOT_IN_TABLE = "not in the instruments table: "


@dataclass(frozen=True, repr=False)
class Instruments(Shown):
    """Every instrument that is known, and a way to know the others: `instruments["0700.HK"]`.

    A code that is not in the table is derived from its prefix, with `unknowns`; old Beijing codes give the
    instrument of today's code; a malformed code is a RuleError. `in` and iteration see the table only.
    """

    _table: Mapping[str, Instrument]
    _former: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    _alias: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def _told(self) -> Told:
        places = Counter(one.exchange for one in self._table.values()).most_common()
        facts = {
            "exchanges": ", ".join(f"{n:,} {place}" for place, n in places),
            "notes": first_of(self.notes),
        }
        return Told(
            f"Instruments: {counted(len(self._table), 'code')}, others derived from their prefix", facts
        )

    def __post_init__(self) -> None:
        alias = {old: row.code for row in self._table.values() for old in row.aliases}
        object.__setattr__(self, "_alias", alias)

    def __getitem__(self, code: str) -> Instrument:
        spelled = understood(code)
        known = self._find(self._former.get(spelled, spelled))
        return replace(known, unknowns=_unknowns(known))

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self.canonical(code) in self._table

    def canonical(self, code: str) -> str:
        """Today's spelling of a code: 700.hk gives 0700.HK, 839493.BJ gives 920493.BJ."""
        spelled = understood(code)
        return self._alias.get(spelled) or successor(spelled) or spelled

    def formerly(self, former: Mapping[str, str]) -> "Instruments":
        """The same table, which knows under which old code each of today's codes in `former` was asked for."""
        return replace(self, _former={**self._former, **former})

    def with_rows(self, rows: Iterable[Instrument]) -> "Instruments":
        """The same table with more instruments."""
        return replace(self, _table={**self._table, **{row.code: row for row in rows}})

    def stated(self, code: str, facts: Sequence[Facts]) -> Instrument:
        """A code's row with what sources state of it laid over; where that settles its status, nothing is derived again."""
        row = laid_over(self[code], facts)
        return replace(row, unknowns=tuple(text.replace(NOT_IN_TABLE, "") for text in row.unknowns))

    def _find(self, code: str) -> Instrument:
        """The instrument of a code as this project writes it; an old code that another has taken is a RuleError."""
        today = self.canonical(code)
        known = self._table.get(today) or replace(
            derive(today), unknowns=(f"{NOT_IN_TABLE}board taken from the code",)
        )
        if today == code or code in known.aliases:
            return known
        if known.aliases:
            raise RuleError(
                f"{code} would be {today} by its last three digits, which {known.aliases[0]} is already; "
                "write today's code of it"
            )
        guess = f"{code} taken as {today}: {KEPT_DIGITS}"
        return replace(known, aliases=(code,), unknowns=(*known.unknowns, guess))


def to_instruments(given: "Instruments | Path | str | None") -> Instruments:
    """The instruments themselves, the shipped ones (None), or those with a file over them."""
    if isinstance(given, Instruments):
        return given
    return load_instruments(*([] if given is None else [given]))


def load_instruments(*paths: Path | str) -> Instruments:
    """The shipped table with the rows of user CSV files over it, later files first in rank.

    RuleError lists every bad row of a file at once, by line.
    """
    table: dict[str, Instrument] = {}
    notes: list[str] = []
    for path in (SHIPPED, *paths):
        notes += read_over(table, Path(path))
    return Instruments(table, notes=tuple(notes))


def _unknowns(row: Instrument) -> tuple[str, ...]:
    """What a rule will have to assume about an instrument, beside what its row already says."""
    doubts = list(row.unknowns)
    derived = any(text.startswith(NOT_IN_TABLE) for text in doubts)
    if row.board in A_SHARE_BOARDS and derived:
        doubts.append(ST_UNKNOWN)
    if row.tradable and row.listed is None and row.terms is None:
        doubts.append("listing day unknown: taken as listed long ago")
    if row.board == "fund" and derived:
        doubts.append(LIST_UNKNOWN)
    if row.board in ("fund", "fund20") and not row.fund_class:
        doubts.append("fund class unknown: taken as T+1")
    if row.board.startswith("hk_") and row.lots is None:
        doubts.append("board lot unknown")
    if row.board.startswith("hk_") and row.shortable is None:
        doubts.append("not known to be on the designated short list: taken as not shortable")
    return tuple(dict.fromkeys(doubts))
