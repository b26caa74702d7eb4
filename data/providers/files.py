"""A user's own files as a provider: folders and zips in the column names of common vendors.

The layout is recognised by its columns; the unit of volume is declared, never guessed.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from ..arrays import F8, Days
from ..bars.bars import OPTIONAL, PRICES, REQUIRED, Bars, bars_from_columns, read_parquet
from ..errors import ConfigError, DataError, FetchError
from ..instruments.table import Instrument

LOT = 100
UNITS = ("shares", "lots")


@dataclass(frozen=True)
class Layout:
    """Column names of one vendor; `unit` and `amount_scale` as its documentation states them, '' when it does not.

    `factor`: prices were multiplied and volume divided by this column. `adjusted`: split-adjusted, cannot be undone.
    """

    name: str
    columns: Mapping[str, str]
    unit: str = ""
    amount_scale: float = 1.0
    factor: str = ""
    adjusted: bool = False


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


LAYOUTS = (
    Layout("launchlab", _same(*REQUIRED, *OPTIONAL), "shares"),
    Layout("qlib", _same(*REQUIRED, "factor"), factor="factor"),
    Layout(
        "tushare",
        {"date": "trade_date", **_same(*PRICES, "pre_close", "amount"), "volume": "vol"},
        "lots",
        1000.0,
    ),
    Layout(
        "akshare",
        {
            "date": "日期",
            "open": "开盘",
            "high": "最高",
            "low": "最低",
            "close": "收盘",
            "volume": "成交量",
            "amount": "成交额",
        },
        "lots",
    ),
    Layout(
        "yahoo",
        {
            "date": "Date",
            "open": "Open",
            "high": "High",
            "low": "Low",
            "close": "Close",
            "volume": "Volume",
        },
        "shares",
        adjusted=True,
    ),
)
SUFFIXES = {"SS": ("SS", "SH", "XSHG"), "SZ": ("SZ", "XSHE"), "BJ": ("BJ", "XBSE"), "HK": ("HK", "XHKG")}


@dataclass(frozen=True)
class Files:
    """Bars from `path`, a folder or a zip of CSV or parquet files, one per code.

    `volume_unit` (shares or lots of 100) must be declared for every vendor's layout; only the house format needs none.
    `accept_adjusted` takes a layout known to be split-adjusted, for returns and benchmarks only.
    """

    path: Path
    volume_unit: str = ""
    accept_adjusted: bool = False
    name: str = field(default="files")
    parallel: int = 1

    def __post_init__(self) -> None:
        if self.volume_unit not in ("", *UNITS):
            raise ConfigError(f"volume unit {self.volume_unit!r} is not known; write shares or lots")
        if not self.path.exists():
            raise ConfigError(f"{self.path} does not exist; give a folder or a zip of CSV or parquet files")

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """File by its upper-case stem."""
        if self.path.is_dir():
            names: Iterable[str] = (one.name for one in sorted(self.path.iterdir()))
        else:
            with zipfile.ZipFile(self.path) as archive:
                names = archive.namelist()
        return {
            Path(name).stem.upper(): name for name in names if name.lower().endswith((".csv", ".parquet"))
        }

    def codes(self, known: Iterable[str]) -> tuple[str, ...]:
        """Which of the codes have a file here."""
        return tuple(code for code in known if any(stem in self._names for stem in stems(code)))

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        """Bars of the file whose name spells the code: 600519.SS, sh600519, 600519.XSHG, 600519 …"""
        name = next((self._names[stem] for stem in stems(instrument.code) if stem in self._names), None)
        if name is None:
            raise FetchError(f"{self.path} has no file for {instrument.code}; name it {instrument.code}.csv")
        found = self._read(name, instrument).between(start, end)
        if not len(found):
            raise FetchError(f"{self.path}/{name} has no bars from {start} to {end}; widen the dates")
        return found

    def close(self) -> None:
        """Nothing to end."""

    def _read(self, name: str, instrument: Instrument) -> Bars:
        where = f"{self.path}/{name}"
        if self.path.is_dir():
            content = (self.path / name).read_bytes()
        else:
            with zipfile.ZipFile(self.path) as archive:
                content = archive.read(name)
        table = _table(content, where)
        layout = recognise(table.column_names, where)
        if layout.adjusted and not self.accept_adjusted:
            raise FetchError(
                f"{where}: prices in Yahoo's CSV are split-adjusted and cannot be brought back to raw ones; "
                f"run `ll.fetch('{instrument.code}', provider='yahoo')`, which can, or declare them adjusted"
            )
        columns = _columns(table, layout, where)
        if self._unit(layout, where, instrument) == "lots":
            columns["volume"] = columns["volume"] * LOT
        source = {"provider": "files", "version": layout.name, "file": where}
        return bars_from_columns(instrument.code, columns, source)

    def _unit(self, layout: Layout, where: str, instrument: Instrument) -> str:
        unit = self.volume_unit or (layout.unit if layout.name == "launchlab" else "")
        if not unit:
            says = f" ({layout.name} documents {layout.unit})" if layout.unit else ""
            raise ConfigError(
                f"{where}: say whether its volume is in shares or lots{says} with `volume_unit='shares'` or lots"
            )
        if unit == "lots" and instrument.exchange == "XHKG":
            raise ConfigError(
                f"{where}: lots differ by code in Hong Kong; convert its volume to shares first"
            )
        return unit


def stems(code: str) -> tuple[str, ...]:
    """How vendors name the file of a code, upper case, most specific first.

    >>> stems("600519.SS")
    ('600519.SS', '600519.SH', '600519.XSHG', 'SS600519', 'SH600519', 'XSHG600519', 'SH.600519', '600519')
    """
    number, _, suffix = code.partition(".")
    if suffix not in SUFFIXES:
        return (code.upper(), code.upper().removeprefix("^"))
    numbers = (number, number.zfill(5)) if suffix == "HK" else (number,)
    found: list[str] = []
    for one in numbers:
        found += [f"{one}.{end}" for end in SUFFIXES[suffix]]
        found += [f"{end}{one}" for end in SUFFIXES[suffix]]
        found += [f"SH.{one}" if suffix == "SS" else f"{suffix}.{one}", one]
    return tuple(dict.fromkeys(found))


def recognise(names: Iterable[str], where: str) -> Layout:
    """The layout whose price and volume columns are all there; none or two is an error."""
    have = set(names)
    needed = (*REQUIRED,)
    fitting = [one for one in LAYOUTS if {one.columns[name] for name in needed} <= have]
    if any(one.factor in have for one in fitting if one.factor):
        return next(one for one in fitting if one.factor)
    fitting = [one for one in fitting if not one.factor]
    if len(fitting) != 1:
        known = "; ".join(f"{one.name}: {','.join(one.columns[name] for name in needed)}" for one in LAYOUTS)
        raise DataError(
            f"{where}: its columns {','.join(sorted(have))} fit no known layout ({known}); rename them"
        )
    return fitting[0]


def _table(content: bytes, where: str) -> pa.Table:
    try:
        if where.lower().endswith(".parquet"):
            return read_parquet(content)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
        dates = dict.fromkeys(("date", "trade_date", "日期", "Date", "status"), pa.string())
        return pa.csv.read_csv(
            io.BytesIO(text.encode()), convert_options=pa.csv.ConvertOptions(column_types=dates)
        )
    except (pa.ArrowInvalid, UnicodeDecodeError, OSError) as error:
        raise DataError(
            f"{where} cannot be read ({str(error).splitlines()[0]}); save it as UTF-8 CSV"
        ) from None


def _columns(table: pa.Table, layout: Layout, where: str) -> dict[str, NDArray[Any]]:
    """The house format's columns, with the vendor's scale and factor undone."""
    columns = {}
    for ours, theirs in layout.columns.items():
        if theirs in table.column_names and ours != "factor":
            columns[ours] = np.asarray(table.column(theirs).to_numpy())
    columns["date"] = _days(columns["date"], where)
    for name in (*PRICES, "volume", "amount", "pre_close"):
        if name in columns:
            columns[name] = _numbers(columns[name], name, where)
    if "amount" in columns:
        columns["amount"] = columns["amount"] * layout.amount_scale
    if layout.factor:
        factor = _numbers(table.column(layout.factor).to_numpy(), "factor", where)
        columns |= {name: np.round(columns[name] / factor, 4) for name in PRICES}
        columns["volume"] = np.rint(columns["volume"] * factor)
    return columns


def _days(values: NDArray[Any], where: str) -> Days:
    """Days written 2026-02-12, 20260212 or 2026/2/12, with or without a clock time."""
    if values.dtype.kind == "M":
        return values.astype("M8[D]")
    days = []
    for line, value in enumerate(values, start=2):
        found = re.match(r"(\d{4})[-/]?(\d{1,2})[-/]?(\d{1,2})(?!\d)", str(value))
        if found is None:
            raise DataError(f"{where} line {line}: {value!r} is not a day; write 2026-02-12 or 20260212")
        days.append(f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}")
    return np.array(days, "M8[D]")


def _numbers(values: NDArray[Any], name: str, where: str) -> F8:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{where}: column {name} holds something that is not a number; mend it") from None
