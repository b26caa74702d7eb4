"""Bars that are in memory already, asked as a folder of them is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..bars.bars import Bars
from ..errors import DataError, did_you_mean
from ..instruments.spellings import understood


@dataclass(frozen=True)
class BarsInMemory:
    """Bars by code."""

    bars: Mapping[str, Bars]

    def codes(self) -> tuple[str, ...]:
        return tuple(self.bars)

    def read(self, code: str) -> Bars:
        """The bars of a code; none is a DataError that names the nearest."""
        if code not in self.bars:
            hint = did_you_mean(code, self.bars)
            raise DataError(f"there are no bars of {code}{hint}; give them, or drop the code from the ledger")
        return self.bars[code]

    def iter_bars(self, codes: Sequence[str] | None = None) -> Iterator[Bars]:
        """Bars of each code, one at a time; all codes when None."""
        for code in self.codes() if codes is None else dict.fromkeys(codes):
            yield self.read(code)


def in_memory(frames: Mapping[str, Any]) -> BarsInMemory:
    """Bars of data frames by code, or of whatever a data frame can be made of."""
    from .frames import frames_to_bars

    written = {code: understood(str(code)) for code in frames}
    for code, name in written.items():
        if (twin := next(other for other, same in written.items() if same == name)) != code:
            raise DataError(f"there are two data frames of {name}, {twin!r} and {code!r}; keep the right one")
    return BarsInMemory(frames_to_bars({written[code]: one for code, one in frames.items()}))
