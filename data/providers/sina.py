"""Sina through akshare: raw daily bars of the mainland and Hong Kong, funds and indexes.

Volume is in shares. There are no references. Actions of A-shares stand on a page of their own, rights issues with them;
of Hong Kong and of funds they follow from the list by which Sina adjusts backwards: price × factor + cash, and of a fund
what it has paid and split since its first day.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bars.bars import CORPORATE_ACTION, PRICES, Bars, bars_from_columns
from ..errors import FetchError, SourceError
from ..instruments.instrument import A_SHARE_BOARDS
from ..instruments.table import Instrument
from ..patience import Patience
from .akshare_client import ask, client, floats, mainland_actions, version
from .proof import in_shares
from .provider import Gives, gives
from .sina_funds import Distributions, ask_distributions, ask_factors, distributions

ALL = "bars turnover dividends splits rights"
GIVES: Gives = gives({"XSHG": ALL, "XSHE": ALL, "XHKG": "bars dividends splits"})
INDEXES = {"^HSI": "HSI", "^HSCE": "HSCEI", "^HSCEI": "HSCEI", "^HSTECH": "HSTECH"}
LONG_AGO = "1990-01-01"


@dataclass
class Sina:
    """The Sina provider; one code at a time, since it shuts out who asks for more."""

    patience: Patience = field(default_factory=Patience)
    name: str = "sina"
    parallel: int = 1

    @property
    def gives(self) -> Gives:
        return GIVES

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        """Raw bars from `start` to `end`; suspended sessions have no row."""
        if instrument.exchange not in GIVES:
            raise FetchError(f"{instrument.code}: sina has Shanghai, Shenzhen and Hong Kong only")
        frame = ask(
            self.patience, self.name, instrument.code, lambda akshare: _frame(akshare, instrument, start, end)
        )
        source: dict[str, object] = {"provider": self.name}
        source["version"] = version(client(self.patience.timeout), "Sina")
        bars = _to_bars(instrument, frame, source).between(start, end)
        if not len(bars):
            raise FetchError(f"{instrument.code}: sina has no bars from {start} to {end}; widen the dates")
        actions, said = self._actions(instrument)
        inside = (actions["session"] >= np.datetime64(start)) & (actions["session"] <= np.datetime64(end))
        told = {"said": said} if said else {}
        return replace(bars, actions=actions[inside], source={**bars.source, **told})

    def close(self) -> None:
        """Nothing to end: each request stands alone."""

    def _actions(self, instrument: Instrument) -> Distributions:
        """Actions of all days, and what Sina does not say of them."""
        none = Distributions(np.zeros(0, CORPORATE_ACTION), "")
        if instrument.board in A_SHARE_BOARDS:
            return Distributions(mainland_actions(self.patience, instrument), "")
        if not instrument.tradable:
            return none
        symbol, timeout = _symbol(instrument), self.patience.timeout

        def question(_akshare: Any) -> Any:
            if instrument.mainland:
                return ask_distributions(symbol, timeout)
            return ask_factors(symbol, timeout)

        try:
            frame = ask(self.patience, self.name, instrument.code, question)
        except SourceError:
            raise
        except FetchError:
            return none
        if instrument.mainland:
            return distributions(instrument.code, frame.to_dict("records"))
        return Distributions(factors_to_actions(frame), "")


def factors_to_actions(frame: Any) -> NDArray[Any]:
    """Actions by ex-date from rows of date, hfq_factor and cash, each of which holds from its date on.

    An adjusted price is price × factor + cash and does not move on an ex-date: a split multiplies the factor by its
    ratio, a dividend adds itself times the factor before.

    >>> import pandas as pd
    >>> rows = {"date": ["2024-05-17", "1900-01-01"], "hfq_factor": [2.0, 1.0], "cash": [3.4, 0.0]}
    >>> [(float(one["ratio"]), float(one["cash"])) for one in factors_to_actions(pd.DataFrame(rows))]
    [(2.0, 3.4)]
    """
    days = np.array([str(day)[:10] for day in frame["date"]], "M8[D]")
    order = np.argsort(days)
    factor, cash = floats(frame, "hfq_factor")[order], floats(frame, "cash")[order]
    rows = [
        (
            day,
            round(factor[k] / factor[k - 1], 8),
            round((cash[k] - cash[k - 1]) / factor[k - 1], 6),
            0.0,
            0.0,
        )
        for k, day in enumerate(days[order])
        if k and day > np.datetime64(LONG_AGO)
    ]
    return np.array([row for row in rows if row[1] != 1.0 or row[2] > 0.0], CORPORATE_ACTION)


def _symbol(instrument: Instrument) -> str:
    """Sina's spelling: sh510050, sz159915, 00700."""
    number, _, suffix = instrument.code.partition(".")
    return f"{number:0>5}" if suffix == "HK" else f"{'sh' if suffix == 'SS' else 'sz'}{number}"


def _frame(akshare: Any, instrument: Instrument, start: date, end: date) -> Any:
    symbol = _symbol(instrument)
    if instrument.code in INDEXES:
        return akshare.stock_hk_index_daily_sina(symbol=INDEXES[instrument.code])
    if instrument.code.startswith("^"):
        raise FetchError(f"{instrument.code}: sina has no such index")
    if not instrument.mainland:
        return akshare.stock_hk_daily(symbol=symbol, adjust="")
    if instrument.board == "index":
        return akshare.stock_zh_index_daily(symbol=symbol)
    if instrument.board in A_SHARE_BOARDS:
        return akshare.stock_zh_a_daily(
            symbol=symbol, start_date=f"{start:%Y%m%d}", end_date=f"{end:%Y%m%d}", adjust=""
        )
    return akshare.fund_etf_hist_sina(symbol=symbol)


def _to_bars(instrument: Instrument, frame: Any, source: dict[str, object]) -> Bars:
    columns: dict[str, Any] = {name: floats(frame, name) for name in PRICES}
    columns["date"] = np.array([str(day)[:10] for day in frame["date"]], "M8[D]")
    volume = floats(frame, "volume")
    if "amount" in frame.columns:
        columns["amount"] = floats(frame, "amount")
        volume = in_shares(instrument, volume, columns["amount"], columns["close"], lot=1.0)
    columns["volume"] = volume
    return bars_from_columns(instrument.code, columns, source)
