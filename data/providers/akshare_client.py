"""akshare, the client that stands before Eastmoney and Sina, asked with manners that it does not have by itself.

It sets no time limit on most questions, reads refusals as pages, answers a broken page with whatever Python raises, and shows progress bars.
"""

import contextlib
import sys
import threading
import warnings
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8
from ..bars.bars import CORPORATE_ACTION
from ..errors import FetchError, SourceError
from ..instruments.table import Instrument
from ..patience import Busy, Patience

if TYPE_CHECKING:
    import pandas as pd
    import requests

# akshare's files whose questions are put here.
MODULES = (
    "akshare.stock.stock_zh_a_sina",
    "akshare.stock.stock_hk_sina",
    "akshare.stock_feature.stock_hist_em",
    "akshare.fund.fund_etf_em",
    "akshare.fund.fund_etf_sina",
    "akshare.index.index_stock_zh",
    "akshare.index.index_stock_hk",
    "akshare.stock_fundamental.stock_finance_sina",
)
DONE = "实施"
NOT_FOUND = 404
_LOADING = threading.Lock()


def client(timeout: float) -> Any:
    """akshare, its questions limited in time; SourceError where it is not installed."""
    with _LOADING:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                import akshare
        except ImportError:
            raise SourceError("akshare is not installed; run `pip install 'launchlab[akshare]'`") from None
        import requests

        def get(url: str, **how: Any) -> "requests.Response":
            answer = requests.get(url, **{"timeout": timeout, **how})
            if answer.status_code != NOT_FOUND:
                answer.raise_for_status()
            return answer

        kept = {name: getattr(requests, name) for name in ("Session", "exceptions", "post")}
        limited = SimpleNamespace(get=get, **kept)
        for name in MODULES:
            if name in sys.modules:
                sys.modules[name].requests = limited  # type: ignore[attr-defined]
        return akshare


def ask(patience: Patience, source: str, code: str, question: Callable[[Any], Any]) -> "pd.DataFrame":
    """A frame of akshare's; no answer is a SourceError, an empty one and a page of nothing FetchErrors."""
    frame = _frame(patience, source, code, question)
    if not len(frame):
        raise FetchError(f"{code}: {source} has no bars in these days; check the code and the dates")
    return frame


def _frame(patience: Patience, source: str, code: str, question: Callable[[Any], Any]) -> "pd.DataFrame":
    """As `ask`; an empty frame is one."""
    akshare = client(patience.timeout)
    try:
        frame: pd.DataFrame = patience.retrying()(partial(_once, question, akshare))
    except Busy as error:
        raise SourceError(
            f"{code}: {source} did not answer {patience.attempts} times, at last with {error}; "
            "wait some minutes and fetch again, what came is kept"
        ) from None
    except (IndexError, _Nothing):
        raise FetchError(f"{code}: {source} has no such page; check the code") from None
    except SourceError as error:
        raise SourceError(f"{code}: {source}'s {error}") from None
    return frame


class _Nothing(Exception):
    """An answer without data, which is what Eastmoney gives for a code of Hong Kong that it does not have."""


def _once(question: Callable[[Any], Any], akshare: Any) -> Any:
    import requests

    warnings.filterwarnings("ignore", module=r"akshare(\..*)?")  # of pandas, to its authors
    try:
        return question(akshare)
    except requests.exceptions.ConnectionError as error:
        if "NameResolution" in str(error) or "getaddrinfo" in str(error):
            raise SourceError(
                "address cannot be found; check the network and fetch again, what came is kept"
            ) from None
        raise Busy(type(error).__name__) from None
    except (
        requests.exceptions.RequestException,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        SyntaxError,  # lxml's, of a page without any text
    ) as error:
        if isinstance(error, TypeError) and "'NoneType' object is not subscriptable" in str(error):
            raise _Nothing from None
        raise Busy(f"{type(error).__name__}: {error}"[:160]) from None
    except RuntimeError as error:  # of the engine that decodes Sina's script
        raise Busy(f"{type(error).__name__}: {error}"[:160]) from None


def version(akshare: Any, site: str) -> str:
    """What the manifest says of where bars came from: `akshare 1.19.5, Eastmoney`."""
    return f"akshare {akshare.__version__}, {site}"


def floats(frame: "pd.DataFrame", name: str) -> F8:
    return np.asarray(frame[name].to_numpy(np.float64, na_value=np.nan))


def mainland_actions(patience: Patience, instrument: Instrument) -> NDArray[Any]:
    """Dividends, bonus shares and rights issues of an A-share from Sina's page of them, by ex-date, for one share."""
    number = instrument.code.partition(".")[0]

    def page(indicator: str) -> list[dict[Any, Any]]:
        try:
            frame = _frame(
                patience,
                "sina",
                instrument.code,
                lambda akshare: akshare.stock_history_dividend_detail(symbol=number, indicator=indicator),
            )
        except SourceError:
            raise
        except FetchError:
            raise SourceError(
                f"{instrument.code}: sina answers with another page in place of that of dividends; wait and fetch again"
            ) from None
        return frame.to_dict("records")

    by_day: dict[np.datetime64, list[float]] = {}
    for row in page("分红"):
        if row["进度"] == DONE and (at := _day(row["除权除息日"])) is not None:
            entry = by_day.setdefault(at, [1.0, 0.0, 0.0, 0.0])
            entry[0] += (_number(row["送股"]) + _number(row["转增"])) / 10.0
            entry[1] += _number(row["派息"]) / 10.0
    for row in page("配股"):
        if (at := _day(row["除权日"])) is not None and _number(row["配股方案"]) > 0:
            entry = by_day.setdefault(at, [1.0, 0.0, 0.0, 0.0])
            entry[2], entry[3] = _number(row["配股方案"]) / 10.0, _number(row["配股价格"])
    rows = [(day, *(round(value, 8) for value in values)) for day, values in sorted(by_day.items())]
    return np.array(rows, CORPORATE_ACTION)


def _day(value: Any) -> np.datetime64 | None:
    return np.datetime64(str(value)[:10], "D") if value is not None and str(value)[:4].isdigit() else None


def _number(value: Any) -> float:
    number = float(value) if value is not None else 0.0
    return number if np.isfinite(number) else 0.0
