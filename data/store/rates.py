"""The European Central Bank's history of reference rates, kept in the store: `rates/eurofxref-hist.zip`.

One file for all currencies and days, published at about 16:00 in Frankfurt on TARGET days. A run from the store uses it
where no other rates are given.
"""

import csv
import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

from ..doors import exists
from ..errors import DataError, LaunchlabError, SourceError
from ..patience import Busy, Patience
from .lock import Lock, keep_file
from .outcome import FAILED, FETCHED, KEPT, FetchOutcome
from .store import Store

NAME = "rates"
ADDRESS = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
FILE = "eurofxref-hist.zip"
NEEDED = ("USD", "CNY", "HKD")
# A week's holidays around Easter or the new year pass without a fixing.
YOUNG = timedelta(days=5)


def rates_path(store: Store) -> Path | None:
    """Where the store's rates are; None where it has none."""
    path = store.root / NAME / FILE
    return path if exists(path) else None


def fetch_rates(store: Store, end: date, patience: Patience, *, refresh: bool = False) -> FetchOutcome:
    """Bring the bank's rates into the store; kept where they reach `end` but for a few days."""
    path = rates_path(store)
    try:
        last = _last_day(path.read_bytes()) if path is not None else None
    except (DataError, OSError):
        last = None
    if last is not None and last >= end - YOUNG and not refresh:
        return FetchOutcome(NAME, KEPT, f"the European Central Bank's, up to {last}", source="ecb")
    try:
        content = patience.retrying()(_ask, patience.timeout)
        last = _last_day(content)
        folder = store.root / NAME
        with Lock(folder):
            keep_file(folder / FILE, content)
    except Busy as error:
        return FetchOutcome(
            NAME,
            FAILED,
            f"the European Central Bank did not answer ({error}); fetch again, or give a file with `fx`",
        )
    except LaunchlabError as error:
        return FetchOutcome(NAME, FAILED, str(error))
    return FetchOutcome(NAME, FETCHED, f"the European Central Bank's, up to {last}", source="ecb")


def _ask(timeout: float) -> bytes:
    import requests

    try:
        answer = requests.get(ADDRESS, timeout=timeout)
        answer.raise_for_status()
        content = answer.content
    except requests.exceptions.ConnectionError as error:
        if "NameResolution" in str(error) or "getaddrinfo" in str(error):
            raise SourceError(
                "the European Central Bank's address cannot be found; check the network and fetch again"
            ) from None
        raise Busy(type(error).__name__) from None
    except requests.exceptions.RequestException as error:
        raise Busy(type(error).__name__) from None
    try:
        _last_day(content)
    except DataError as error:
        raise Busy(str(error)) from None
    return content


def _last_day(content: bytes) -> date:
    """The last day of the bank's zip; DataError where it is not what it was."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = archive.read(archive.namelist()[0]).decode("utf-8-sig")
        head, *rows = csv.reader(io.StringIO(text))
        missing = [name for name in NEEDED if name not in [cell.strip() for cell in head]]
        if missing:
            raise DataError(f"the bank's file has no {missing[0]}")
        return max(date.fromisoformat(row[0]) for row in rows if row)
    except (zipfile.BadZipFile, IndexError, ValueError, KeyError, UnicodeDecodeError) as error:
        raise DataError(f"the bank's file cannot be read ({type(error).__name__})") from None


def rates_until(store: Store) -> str:
    """The last day of the store's rates, ISO; '' where they cannot be read."""
    path = rates_path(store)
    try:
        return "" if path is None else str(_last_day(path.read_bytes()))
    except (DataError, OSError):
        return ""
