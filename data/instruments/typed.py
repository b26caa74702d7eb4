"""Codes as a person types them: which instruments they mean, and what has to be said of it."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from ..errors import LaunchlabError, RuleError
from .instrument import Instrument
from .spellings import read_as
from .table import Instruments


class Typed(NamedTuple):
    """Today's codes, each once and in order; the book, which knows the old codes asked for; sentences to be said."""

    codes: tuple[str, ...]
    book: Instruments
    notes: tuple[str, ...]

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The instruments of the codes."""
        return tuple(self.book[code] for code in self.codes)


def typed(codes: str | Iterable[str], book: Instruments) -> Typed:
    """The codes that a person wrote, as this project writes them.

    RuleError for what is no code, for a number that several have, and for two old Beijing codes that the common rule
    makes one.
    """
    written = [codes] if isinstance(codes, str) else list(codes)
    known = {text: book[text] for text in dict.fromkeys(written)}
    refuse_merged(known.values())
    former = {
        one.code: one.aliases[0]
        for text, one in known.items()
        if text != one.code and one.aliases != book[one.code].aliases
    }
    today = {text: one.code for text, one in known.items()}
    return Typed(tuple(dict.fromkeys(today.values())), book.formerly(former), read_as(today))


class Renumbered(Protocol):
    """What has a code of today and its earlier ones."""

    @property
    def code(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


def refuse_merged(
    instruments: Iterable[Renumbered], error: type[LaunchlabError] = RuleError, where: str = ""
) -> None:
    """An `error` where two old codes have become one instrument by their last three digits alone."""
    seen: dict[str, Renumbered] = {}
    for instrument in instruments:
        other = seen.setdefault(instrument.code, instrument) if instrument.aliases else instrument
        if other.aliases != instrument.aliases:
            raise error(
                f"{where}{other.aliases[0]} and {instrument.aliases[0]} would both be {instrument.code} by their last three digits, "
                "which is wrong for one of them; write today's code of each, or name the right one in the column aliases "
                "of a row of instruments"
            )
