"""Eastmoney through akshare: raw daily bars of the mainland and Hong Kong, with the day's change.

Close less change is the exchange's reference, ex-right on ex-dates. Volume is in lots on the mainland, in shares in
Hong Kong; the turnover decides. Actions of A-shares are on Sina's pages; of Hong Kong none are known here.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from ..bars.bars import Bars, bars_from_columns
from ..errors import FetchError
from ..instruments.instrument import A_SHARE_BOARDS
from ..instruments.table import Instrument
from ..patience import Patience
from .akshare_client import ask, client, floats, mainland_actions, version
from .proof import in_shares
from .provider import Gives, gives, without_actions

ALL = "bars turnover references dividends splits rights"
GIVES: Gives = gives({"XSHG": ALL, "XSHE": ALL, "XBSE": ALL, "XHKG": "bars turnover references"})
THEIRS = {"open": "开盘", "high": "最高", "low": "最低", "close": "收盘", "amount": "成交额"}


@dataclass
class Eastmoney:
    """The Eastmoney provider; no indexes."""

    patience: Patience = field(default_factory=Patience)
    name: str = "eastmoney"
    parallel: int = 2

    @property
    def gives(self) -> Gives:
        return GIVES

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        """Raw bars from `start` to `end` with the exchange's references; suspended sessions have no row."""
        if not instrument.tradable or instrument.exchange not in GIVES:
            raise FetchError(f"{instrument.code}: eastmoney is asked for shares and funds alone")
        frame = ask(
            self.patience, self.name, instrument.code, lambda akshare: _frame(akshare, instrument, start, end)
        )
        source: dict[str, object] = {"provider": self.name}
        source["version"] = version(client(self.patience.timeout), "Eastmoney")
        if instrument.board not in A_SHARE_BOARDS:
            source["said"] = without_actions(self.name, instrument)
        bars = _to_bars(instrument, frame, source).between(start, end)
        if not len(bars):
            raise FetchError(
                f"{instrument.code}: eastmoney answers with other days than {start} to {end}; fetch again"
            )
        if instrument.board not in A_SHARE_BOARDS:
            return bars
        actions = mainland_actions(self.patience, instrument)
        inside = (actions["session"] >= np.datetime64(start)) & (actions["session"] <= np.datetime64(end))
        return replace(bars, actions=actions[inside])

    def close(self) -> None:
        """Nothing to end: each request stands alone."""


def _frame(akshare: Any, instrument: Instrument, start: date, end: date) -> Any:
    number = instrument.code.partition(".")[0]
    span = {"period": "daily", "start_date": f"{start:%Y%m%d}", "end_date": f"{end:%Y%m%d}", "adjust": ""}
    if not instrument.mainland:
        return akshare.stock_hk_hist(symbol=f"{number:0>5}", **span)
    if instrument.board in A_SHARE_BOARDS:
        return akshare.stock_zh_a_hist(symbol=number, **span)
    return akshare.fund_etf_hist_em(symbol=number, **span)


def _to_bars(instrument: Instrument, frame: Any, source: dict[str, object]) -> Bars:
    columns: dict[str, Any] = {ours: floats(frame, theirs) for ours, theirs in THEIRS.items()}
    columns["date"] = np.array([str(day) for day in frame["日期"]], "M8[D]")
    columns["pre_close"] = np.round(columns["close"] - floats(frame, "涨跌额"), 4)
    columns["volume"] = in_shares(
        instrument,
        floats(frame, "成交量"),
        columns["amount"],
        columns["close"],
        lot=100.0 if instrument.mainland else 1.0,
    )
    return bars_from_columns(instrument.code, columns, source)
