"""baostock: raw A-share bars with the exchange's previous close, trade status and ST flag.

The better source for Shanghai and Shenzhen: its previous close is ex-right, so limits are exact. Its client holds one
connection per process, prints to stdout and waits for ever on a closed connection; all three are mended here.
"""

import contextlib
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..arrays import F8
from ..bars.bars import CORPORATE_ACTION, Bars, bars_from_columns
from ..errors import FetchError, SourceError
from ..instruments.facts import Facts
from ..instruments.table import Instrument
from ..minutes.read import MinuteRows, table_to_rows
from ..patience import Busy, Patience
from .provider import Gives, gives, untold

PREFIX = {"XSHG": "sh", "XSHE": "sz"}
FIELDS = ("date", "open", "high", "low", "close", "preclose", "volume", "amount", "tradestatus", "isST")
GIVES: Gives = gives(dict.fromkeys(PREFIX, "bars turnover references suspensions st dividends splits"))
MINUTE_FIELDS = ("date", "time", "open", "high", "low", "close", "volume", "amount", "adjustflag")
LENGTHS = (5, 15, 30, 60)
SUCCESS = "0"
T = TypeVar("T")


class _Line(socket.socket):
    """A connection that says so when the server hangs up; the client would spin on empty answers."""

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        answer = super().recv(bufsize, flags)
        if not answer:
            raise ConnectionError("the server closed the connection")
        return answer


@dataclass
class Baostock:
    """The baostock provider, Shanghai and Shenzhen only; one connection, so one code at a time."""

    patience: Patience = field(default_factory=Patience)
    name: str = "baostock"
    parallel: int = 1
    _client: Any = None

    @property
    def gives(self) -> Gives:
        return GIVES

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        """Raw bars from `start` to `end`, suspended sessions included with their status."""
        code = self._code(instrument)
        return self._answer(instrument, lambda: self._ask(instrument, code, start, end))

    @property
    def minute_lengths(self) -> Mapping[str, tuple[int, ...]]:
        return dict.fromkeys(PREFIX, LENGTHS)

    def minutes(self, instrument: Instrument, start: date, end: date, length: int) -> MinuteRows:
        """Raw bars of 5, 15, 30 or 60 minutes, stamped with their end; of shares since 1999, of indexes none."""
        code = self._code(instrument)
        if length not in LENGTHS:
            raise FetchError(
                f"{instrument.code}: baostock has no bars of {length} minutes, only of {', '.join(map(str, LENGTHS))}"
            )

        def ask() -> list[dict[str, str]]:
            query = self._login().query_history_k_data_plus
            return self._rows(query, code, ",".join(MINUTE_FIELDS), str(start), str(end), str(length), "3")

        rows = self._answer(instrument, ask)
        if not rows:
            raise FetchError(
                f"{instrument.code}: baostock has no bars of {length} minutes from {start} to {end}; check the code and the dates"
            )
        table = pa.table({name: [row[name] for row in rows] for name in MINUTE_FIELDS})
        version = f"baostock {self._client.__version__}" if self._client else "baostock"
        source = {"provider": self.name, "version": version, "stamps": "end"}
        return replace(table_to_rows(table, f"{instrument.code} of baostock", instrument.code), source=source)

    def facts(self, instrument: Instrument) -> Facts:
        """Listing day and last day; the names that a share has borne are not told, its bars state ST by session."""
        if instrument.exchange not in PREFIX:
            return Facts(instrument.code, self.name)
        code = f"{PREFIX[instrument.exchange]}.{instrument.code.split('.')[0]}"

        def ask() -> list[dict[str, str]]:
            client = self._login()
            return self._rows(client.query_stock_basic, code)

        try:
            rows = self.patience.retrying()(ask)
        except Busy as error:
            raise SourceError(
                f"{instrument.code}: baostock did not state its listing day ({error})"
            ) from None
        row = rows[0] if rows else {}
        listed, delisted = (row.get(name) for name in ("ipoDate", "outDate"))
        return Facts(
            instrument.code,
            self.name,
            listed=date.fromisoformat(listed) if listed else None,
            delisted=date.fromisoformat(delisted) if delisted else None,
        )

    def close(self) -> None:
        """Hang up; the next question logs in again."""
        if self._client is not None:
            context = self._client.common.context
            with contextlib.suppress(OSError, AttributeError):
                context.default_socket.close()
            self._client = None

    def _code(self, instrument: Instrument) -> str:
        """baostock's spelling; a FetchError for what it does not have."""
        if instrument.exchange not in PREFIX:
            raise FetchError(
                f"{instrument.code}: baostock has Shanghai and Shenzhen only; use `provider='yahoo'` or files"
            )
        return f"{PREFIX[instrument.exchange]}.{instrument.code.split('.')[0]}"

    def _answer(self, instrument: Instrument, ask: Callable[[], T]) -> T:
        """What `ask` returns, after retries; a SourceError where it stays Busy."""
        try:
            return self.patience.retrying()(ask)
        except Busy as error:
            raise SourceError(
                f"{instrument.code}: baostock did not answer {self.patience.attempts} times, at last with {error}; "
                "wait and fetch again, what came is kept"
            ) from None

    def _ask(self, instrument: Instrument, code: str, start: date, end: date) -> Bars:
        client = self._login()
        rows = self._rows(
            client.query_history_k_data_plus, code, ",".join(FIELDS), str(start), str(end), "d", "3"
        )
        if not rows:
            raise FetchError(
                f"{instrument.code}: baostock has no bars from {start} to {end}; check the code and the dates"
            )
        ex_dates = [
            record["dividOperateDate"]
            for record in self._rows(client.query_adjust_factor, code, str(start), str(end))
        ]
        years = sorted({day[:4] for day in ex_dates})
        actions = [
            record
            for year in years
            for record in self._rows(client.query_dividend_data, code, year, "operate")
        ]
        bars = rows_to_bars(instrument, rows, actions, str(client.__version__)).between(start, end)
        told = set(bars.actions["session"].astype(str).tolist())
        said = untold(sorted(set(ex_dates) - told), "dividends (a rights issue?)")
        return replace(bars, source={**bars.source, "said": "; ".join(said)}) if said else bars

    def _login(self) -> Any:
        if self._client is not None:
            return self._client
        try:
            import baostock
            import baostock.common.context
            import baostock.util.socketutil as transport
        except ImportError:
            raise SourceError("baostock is not installed; run `pip install 'launchlab[cn]'`") from None
        constants = baostock.common.contants
        line = _Line(socket.AF_INET, socket.SOCK_STREAM)
        line.settimeout(self.patience.timeout)

        def connect(_: object, _key: str) -> None:
            line.connect((constants.BAOSTOCK_SERVER_IP, constants.BAOSTOCK_SERVER_PORT))
            baostock.common.context.default_socket = line

        transport.SocketUtil.connect = connect
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answer = baostock.login()
        except socket.gaierror:
            line.close()
            raise SourceError(
                "baostock's address cannot be found; check the network and fetch again, what came is kept"
            ) from None
        except OSError as error:
            line.close()
            raise Busy(f"{type(error).__name__}: {error}") from None
        if answer.error_code != SUCCESS:
            line.close()
            raise Busy(f"login failed: {answer.error_msg}")
        self._client = baostock
        return baostock

    def _rows(self, query: Any, *question: str) -> list[dict[str, str]]:
        """All pages of an answer, each row by field name."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answer = query(*question)
                rows = []
                while answer.error_code == SUCCESS and answer.next():
                    rows.append(dict(zip(answer.fields, answer.get_row_data(), strict=True)))
        except (OSError, ValueError, IndexError, AttributeError, TypeError) as error:
            self.close()
            raise Busy(f"{type(error).__name__}: {error}") from None
        if answer.error_code != SUCCESS:
            self.close()
            raise Busy(f"error {answer.error_code}: {answer.error_msg}")
        return rows


def rows_to_bars(
    instrument: Instrument, rows: list[dict[str, str]], dividends: list[dict[str, str]], version: str
) -> Bars:
    """Bars from baostock's rows of FIELDS and of its dividend table; empty numbers are NaN.

    Rights issues are not in the dividend table: they show in `pre_close` and as a day of the table of factors.
    """

    def column(name: str) -> F8:
        return np.array([float(row[name]) if row[name] else np.nan for row in rows])

    columns: dict[str, Any] = {"date": np.array([row["date"] for row in rows], "M8[D]")}
    columns |= {name: column(name) for name in ("open", "high", "low", "close", "amount")}
    columns["volume"] = np.nan_to_num(column("volume"))
    columns["pre_close"] = column("preclose")
    columns["status"] = column("tradestatus")
    columns["st"] = column("isST")
    source = {"provider": "baostock", "version": f"baostock {version}"}
    bars = bars_from_columns(instrument.code, columns, source)
    return Bars(**{**vars(bars), "actions": _dividends_to_actions(dividends)})


def _dividends_to_actions(dividends: list[dict[str, str]]) -> NDArray[Any]:
    """Actions by ex-date: bonus shares and shares from reserves add to the ratio; cash is before tax, per share."""
    by_day: dict[str, tuple[float, float]] = {}
    for row in dividends:
        shares = sum(float(row[name] or 0) for name in ("dividStocksPs", "dividReserveToStockPs"))
        ratio, cash = by_day.get(row["dividOperateDate"], (1.0, 0.0))
        by_day[row["dividOperateDate"]] = (ratio + shares, cash + float(row["dividCashPsBeforeTax"] or 0))
    table = [(day, ratio, cash, 0.0, 0.0) for day, (ratio, cash) in sorted(by_day.items()) if day]
    return np.array(table, CORPORATE_ACTION)
