"""A folder or a zip of bars: which file holds which code, listed once, and the bars of a code out of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from ..errors import DataError, did_you_mean
from ..instruments.codes import derive, tidy
from ..instruments.spellings import securities
from ..listing import Listing
from .bars import Bars
from .files import PLAIN, Reading, content_to_bars


@dataclass(frozen=True)
class BarsFolder:
    """Bars by code in a folder or a zip of CSV and parquet files, one file for each code.

    Made once and asked often: its files are listed when first needed. A path that is neither is a DataError.
    """

    path: Path
    how: Reading = PLAIN

    def codes(self) -> tuple[str, ...]:
        """Codes that have a file, as this project writes them; a name that spells no code stands as it is."""
        return tuple(self._files)

    def __contains__(self, code: str) -> bool:
        return bool(self._names(code))

    def read(self, code: str) -> Bars:
        """The bars of a code; none, or two files of it, is a DataError."""
        names = self._names(code)
        if not names:
            raise DataError(
                f"{self.path} has no bars of {code}{did_you_mean(code, self._files)}; add {code}.csv there, fetch it, "
                "or drop the code from the ledger"
            )
        if len(names) > 1:
            raise DataError(
                f"{self.path} has two files of {code}, {names[0]} and {names[1]}; keep the right one"
            )
        return content_to_bars(*self._listing.read(names[0]), code, self.how)

    def iter_bars(self, codes: Sequence[str] | None = None) -> Iterator[Bars]:
        """Bars of each code, one at a time; all codes when None."""
        for code in self.codes() if codes is None else dict.fromkeys(codes):
            yield self.read(code)

    def _names(self, code: str) -> tuple[str, ...]:
        plain = code.removeprefix("^")
        return self._files.get(code) or self._files.get(tidy(code)) or self._files.get(plain) or ()

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.path, "bars")

    @cached_property
    def _files(self) -> Mapping[str, tuple[str, ...]]:
        """Files by code, in the order of their names; those of a number that several have stand under each stock."""
        files: dict[str, tuple[str, ...]] = {}
        for name in self._listing.names:
            stem = PurePosixPath(name).stem
            for code in _codes_of(stem):
                files[code] = (*files.get(code, ()), name)
        return files


def _codes_of(stem: str) -> tuple[str, ...]:
    """The codes under which a file is found: indexes only where nothing else has the number."""
    meant = sorted(securities(stem))
    stocks = tuple(code for code in meant if not _is_index(code))
    return stocks or tuple(meant) or (stem,)


def _is_index(code: str) -> bool:
    return derive(code).board == "index"


def iter_bars(folder: Path, codes: Sequence[str] | None = None) -> Iterator[Bars]:
    """Bars of each code, one at a time, from a folder or a zip; all codes when None."""
    return BarsFolder(Path(folder)).iter_bars(codes)


def read_bars(folder: Path, codes: Sequence[str] | None = None) -> dict[str, Bars]:
    """Bars by code from a folder or a zip (see `BarsFolder`).

    A code without a file is an error that names the nearest file; an index such as ^HSI may be named HSI.csv.
    """
    return {bars.code: bars for bars in iter_bars(folder, codes)}


def file_codes(folder: Path) -> tuple[str, ...]:
    """Codes that have a file in a folder or zip."""
    return BarsFolder(Path(folder)).codes()
