"""Where bars are, and which codes are there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..addresses import refuse_address
from ..bars.folder import BarsFolder
from ..doors import exists
from ..errors import DataError, RuleError, did_you_mean
from ..instruments.spellings import names_of
from ..instruments.table import Instrument, Instruments
from ..panel.build import SAMPLE, to_prices
from ..store.memory import BarsInMemory
from ..store.store import Store, open_prices

MOST_NAMED = 12
# Tried in this order when no benchmark is asked for: a Hang Seng Tech fund, then indexes.
USUAL_BENCHMARKS = ("3033.HK", "^HSI", "513180.SS", "000300.SS")


class Source(NamedTuple):
    """Where bars are, and the codes that it has."""

    prices: Store | BarsFolder | BarsInMemory
    codes: tuple[str, ...]

    @property
    def is_sample(self) -> bool:
        return isinstance(self.prices, BarsFolder) and self.prices.path == SAMPLE

    def __str__(self) -> str:
        if self.is_sample:
            return "the sample market"
        if isinstance(self.prices, BarsInMemory):
            return "the bars in memory"
        return str(self.prices.root if isinstance(self.prices, Store) else self.prices.path)

    def has(self, instrument: Instrument) -> bool:
        """Whether there are bars under the code, an earlier one, or the name of an index without its caret."""
        return bool(names_of(instrument, self.codes))


def find_bars(prices: Path | str | Mapping[str, Any] | None) -> Source:
    """The source of bars and the codes it has; one that holds none is a DataError."""
    bars = to_prices(prices)
    if isinstance(bars, Path):
        refuse_address(bars)
        if not exists(bars):
            raise DataError(f"{bars}: there is no such file or folder of bars; check `prices`")
    place = open_prices(bars)
    codes = place.codes()
    if not codes:
        raise DataError(f"{bars} holds no bars; it must hold files named CODE.csv or CODE.parquet")
    return Source(place, codes)


def named_codes(source: Source, book: Instruments) -> tuple[list[str], tuple[str, ...]]:
    """Names of a source's files that are codes, and a sentence about each that is none; DataError when none is left."""
    codes: list[str] = []
    warnings: list[str] = []
    for name in source.codes:
        try:
            book[name]
        except RuleError as error:
            warnings.append(f"the file {name!r} in {source} is left out: {error}")
        else:
            codes.append(name)
    if not codes:
        raise DataError(
            f"no file in {source} is named after a code, only {few(source.codes)}; name them as 0700.HK.csv"
        )
    return codes, tuple(warnings)


def refuse_missing(instruments: Sequence[Instrument], source: Source) -> None:
    """DataError naming the first of the instruments that has no bars."""
    absent = [one.code for one in instruments if not source.has(one)]
    if absent and source.is_sample:
        usual = " or ".join(code for code in USUAL_BENCHMARKS if code in source.codes)
        raise DataError(
            f"{source} has no bars of {absent[0]}; take {usual} as the benchmark, another of its codes "
            f"({few(source.codes)}), or bars of your own with `prices`"
        )
    if absent:
        raise DataError(
            f"{source} has no bars of {absent[0]}{did_you_mean(absent[0], source.codes)}; "
            "add its file, or choose another code"
        )


def few(codes: Sequence[str]) -> str:
    """The codes in a sentence, a dozen at most."""
    more = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
    return ", ".join(codes[:MOST_NAMED]) + more
