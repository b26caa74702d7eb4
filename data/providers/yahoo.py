"""Yahoo Finance through yfinance: daily bars with dividends and splits, brought back to raw prices.

One request per code: per-ticker `history`, because `download` hides failures in empty frames. Yahoo's traps, as met:
HK codes need four digits; prices, volumes and dividends are split-adjusted; holidays and Hong Kong's half-days come
as O=H=L=C with volume 0; a 429 needs a long pause.
"""

import logging
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ..arrays import Days
from ..bars.bars import PRICES, Bars, bars_from_columns
from ..calendars.sessions import calendar
from ..errors import FetchError, SourceError
from ..instruments.table import Instrument
from ..minutes.read import MinuteRows
from ..patience import Brake, Busy, Patience
from .provider import Gives, gives
from .unsplit import to_raw
from .yahoo_events import Events, actions_of, checked, listed_events, split_factor
from .yahoo_minutes import DAYS_BACK, frame_to_minutes, spans_to_ask

ZONES: Mapping[str, str] = {"XHKG": "Asia/Hong_Kong", "XSHG": "Asia/Shanghai", "XSHE": "Asia/Shanghai"}
# Prices as 32-bit floats, divided by later splits: brought back, and within a float's error of the tick.
GIVES: Gives = gives(dict.fromkeys(ZONES, "bars dividends splits"))
COLUMNS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}


# What the library of yfinance's requests raises without a network; waiting does not help then.
UNREACHABLE = "DNSError"


@dataclass(frozen=True)
class Yahoo:
    """The Yahoo provider; Beijing codes are not on Yahoo."""

    patience: Patience = field(default_factory=Patience)
    brake: Brake = field(default_factory=Brake, compare=False)
    name: str = "yahoo"
    parallel: int = 4

    @property
    def gives(self) -> Gives:
        return GIVES

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        """Raw bars from `start` to `end`; splits until today are asked for too, to undo them."""
        if instrument.exchange not in ZONES:
            raise FetchError(
                f"{instrument.code}: Yahoo has no {instrument.exchange or 'such'} codes; "
                "import its bars from files (`ll.fetch(provider='files')`)"
            )
        frame, events = self._history_with_retries(
            yahoo_symbol(instrument.code), ZONES[instrument.exchange], start
        )
        return frame_to_bars(frame, events, instrument, start, end)

    @property
    def minute_lengths(self) -> Mapping[str, tuple[int, ...]]:
        return dict.fromkeys(ZONES, tuple(DAYS_BACK))

    def minutes(self, instrument: Instrument, start: date, end: date, length: int) -> MinuteRows:
        """Raw bars of 1, 5, 15, 30 or 60 minutes, stamped with their start; Yahoo keeps them for DAYS_BACK days only.

        Of one minute it hands out some days at a time. A request of daily bars goes before, for the splits since.
        """
        if instrument.exchange not in ZONES:
            raise FetchError(
                f"{instrument.code}: Yahoo has no {instrument.exchange or 'such'} codes; give their minutes as files"
            )
        spans = spans_to_ask(instrument.code, start, end, length, datetime.now().astimezone().date())
        symbol, zone = yahoo_symbol(instrument.code), ZONES[instrument.exchange]
        _, events = self._history_with_retries(symbol, zone, start)
        frames, silent = [], None
        for span in spans:
            try:
                frames.append(self._history_with_retries(symbol, zone, *span, f"{length}m")[0])
            except SourceError:
                raise
            except FetchError as error:  # a week of a suspension
                silent = error
        if silent and not frames:
            raise silent
        import yfinance

        version = f"yfinance {yfinance.__version__}"
        return frame_to_minutes(pd.concat(frames), events, instrument, (start, end), version)

    def close(self) -> None:
        """Nothing to end: each request stands alone."""

    def _history_with_retries(
        self, symbol: str, zone: str, start: date, end: date | None = None, interval: str = "1d"
    ) -> tuple[pd.DataFrame, Events]:
        try:
            return self.patience.retrying(self.brake.press)(self._history, symbol, zone, start, end, interval)
        except Busy as error:
            raise SourceError(
                f"{symbol}: Yahoo did not answer usably {self.patience.attempts} times, at last with {error}; "
                "wait some minutes and fetch again, what came is kept"
            ) from None

    def _history(
        self, symbol: str, zone: str, start: date, end: date | None, interval: str
    ) -> tuple[pd.DataFrame, Events]:
        import yfinance
        from yfinance.exceptions import YFDataException, YFException, YFPricesMissingError, YFRateLimitError

        warnings.filterwarnings("ignore", module=r"yfinance(\..*)?")  # of pandas, to its authors
        logging.getLogger("yfinance").setLevel(logging.CRITICAL)
        yfinance.config.debug.hide_exceptions = False
        self.brake.wait()
        ticker = yfinance.Ticker(symbol)
        # Known already; without it yfinance asks Yahoo for the zone first and caches even a broken answer.
        ticker._tz = zone
        tomorrow = datetime.now().date() + timedelta(days=2)
        try:
            frame: pd.DataFrame = ticker.history(
                start=start.isoformat(),
                end=(tomorrow if end is None else end + timedelta(days=1)).isoformat(),
                interval=interval,
                auto_adjust=False,
                actions=True,
                timeout=self.patience.timeout,
            )
        except YFRateLimitError:
            raise Busy("a rate limit (429)") from None
        except YFPricesMissingError as error:
            raise FetchError(f"{symbol}: Yahoo has no bars ({error}); check the code and the dates") from None
        except (YFDataException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if type(error).__name__ == UNREACHABLE:
                raise SourceError(
                    f"{symbol}: Yahoo's address cannot be found; check the network and fetch again, what came is kept"
                ) from None
            raise Busy(f"{type(error).__name__}: {error}"[:200]) from None
        except YFException as error:
            raise FetchError(f"{symbol}: Yahoo refused ({error}); check the code") from None
        if frame.empty:
            raise FetchError(f"{symbol}: Yahoo has no bars from {start}; check the code and the dates")
        return frame, listed_events(ticker._lazy_load_price_history())


def yahoo_symbol(code: str) -> str:
    """Yahoo's spelling: Hong Kong codes have at least four digits.

    >>> yahoo_symbol("700.HK"), yahoo_symbol("09988.HK"), yahoo_symbol("600519.SS")
    ('0700.HK', '9988.HK', '600519.SS')
    """
    found = re.fullmatch(r"(\d+)\.HK", code)
    return f"{int(found[1]):04d}.HK" if found else code


def frame_to_bars(
    frame: pd.DataFrame, events: Events, instrument: Instrument, start: date, end: date
) -> Bars:
    """Raw bars from Yahoo's frame and its events, which must reach to today's splits; volume and dividends un-split too."""
    import yfinance

    frame = frame[~frame.index.duplicated(keep="last")].sort_index()
    days = np.array([stamp.date() for stamp in frame.index], "M8[D]")
    values = {name: frame[theirs].to_numpy(np.float64) for theirs, name in COLUMNS.items()}
    events = checked(events, instrument.code)
    factor = split_factor(days, events, instrument.exchange)
    artefact = _artefacts(values, days, instrument)
    wanted = (days >= np.datetime64(start)) & (days <= np.datetime64(end)) & ~artefact
    if not wanted.any():
        raise FetchError(f"{instrument.code}: Yahoo has no bars from {start} to {end}; widen the dates")
    raw = to_raw(np.stack([values[name] for name in PRICES]), factor, days, instrument)
    columns: dict[str, Any] = {"date": days[wanted]}
    columns |= {name: prices[wanted] for name, prices in zip(PRICES, raw, strict=True)}
    columns["volume"] = np.rint(values["volume"] / factor)[wanted]
    actions, left_out = actions_of(events, instrument.exchange, instrument.currency, (start, end))
    source = {
        "provider": "yahoo",
        "version": f"yfinance {yfinance.__version__}",
        "holiday_rows": int(artefact.sum()),
        "left_out": ", ".join(left_out),
    }
    plain = bars_from_columns(instrument.code, columns, source)
    return Bars(**{**vars(plain), "actions": actions})


def _artefacts(values: Mapping[str, Any], days: Days, instrument: Instrument) -> Any:
    """Rows that Yahoo made up: no trade on a day on which the exchange was shut."""
    known = calendar(instrument.exchange).sessions
    inside = (days >= known[0]) & (days <= known[-1])
    return inside & ~np.isin(days, known) & ~(values["volume"] > 0)
