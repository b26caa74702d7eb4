"""A user's own files as a provider: a folder or a zip, read as every other folder of bars is."""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from ..bars.bars import Bars
from ..bars.files import Reading
from ..bars.folder import BarsFolder
from ..bars.merge import join_bars
from ..doors import exists
from ..errors import ConfigError, FetchError
from ..instruments.instrument import EXCHANGE_OF
from ..instruments.spellings import names_of
from ..instruments.table import Instrument
from .provider import FIELDS, Gives, gives

# Whatever the files state: each of these has a column.
GIVES: Gives = gives({name: " ".join(FIELDS) for name in EXCHANGE_OF.values()})


@dataclass(frozen=True)
class Files:
    """Bars from `path`, a folder or a zip of CSV or parquet files, one per code.

    `volume_unit` (shares or lots) is declared where neither the layout nor the turnover says it. `accept_adjusted`
    takes prices known to be adjusted, for returns and benchmarks only.
    """

    path: Path
    volume_unit: str = ""
    accept_adjusted: bool = False
    name: str = field(default="files")
    parallel: int = 1

    def __post_init__(self) -> None:
        if not exists(self.path):
            raise ConfigError(f"{self.path} does not exist; give a folder or a zip of CSV or parquet files")
        # Refuses a wrong unit here, not at the first code.
        Reading(self.volume_unit, self.accept_adjusted)

    @cached_property
    def _folder(self) -> BarsFolder:
        return BarsFolder(self.path, Reading(self.volume_unit, self.accept_adjusted))

    @property
    def gives(self) -> Gives:
        return GIVES

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        """Bars of the file whose name spells the code or an earlier one: 600519.SS, sh600519, 600519.XSHG, 600519 …"""
        names = names_of(instrument, self._folder.codes())
        if not names:
            raise FetchError(f"{self.path} has no file for {instrument.code}; name it {instrument.code}.csv")
        whole = join_bars(instrument.code, [self._folder.read(name) for name in names])
        bars = whole.between(start, end)
        if not len(bars):
            raise FetchError(f"{whole.source['path']} has no bars from {start} to {end}; widen the dates")
        source: dict[str, object] = {
            "provider": "files",
            "version": whole.source["layout"],
            "file": whole.source["path"],
        }
        kept = {name: whole.source[name] for name in ("unread", "name") if name in whole.source}
        kept |= {"accepted": "adjusted prices"} if self.accept_adjusted else {}
        return replace(bars, source=source | kept)

    def close(self) -> None:
        """Nothing to end."""
