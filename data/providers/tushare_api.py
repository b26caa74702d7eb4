"""Tushare's HTTP API: one POST a question, JSON both ways, rows in pages.

The token goes into the body of each question and nowhere else: no error, log, page or file of ours has it. The API
is served without encryption at its documented address; another address is given by the variable TUSHARE_URL.
Protocol: tushare.pro/document/1?doc_id=130.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ..errors import FetchError, SourceError
from ..patience import Busy, Patience

TOKEN, ADDRESS = "TUSHARE_TOKEN", "TUSHARE_URL"
USUAL_ADDRESS = "http://api.tushare.pro"
PAGE = 5000
# A free account may ask some fifty times a minute; its refusal names the minute.
PAUSE = 0.3
TOO_OFTEN = ("每分钟", "频率", "超限")
NOT_ALLOWED = ("权限", "积分")

Row = dict[str, Any]


class NotAllowedError(FetchError):
    """A table that this account may not ask for."""


@dataclass
class TushareApi:
    """Asks Tushare's tables; safe among threads, which share one pace."""

    patience: Patience
    pause: float = field(default_factory=lambda: PAUSE)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _next: float = 0.0

    def rows(self, table: str, fields: str, **params: str) -> list[Row]:
        """Every row of a question, by field name. NotAllowedError, SourceError and FetchError tell what was refused."""
        found: list[Row] = []
        while True:
            page = self._page(table, fields, {**params, "limit": PAGE, "offset": len(found)})
            found += page
            if len(page) < PAGE:
                return found

    def _page(self, table: str, fields: str, params: dict[str, object]) -> list[Row]:
        token = os.environ.get(TOKEN, "")
        if not token:
            raise SourceError(f"tushare: the environment variable {TOKEN} is not set; it holds your token")
        question = {"api_name": table, "token": token, "params": params, "fields": fields}
        try:
            return self.patience.retrying(self._wait)(self._ask, table, question)
        except Busy as error:
            raise SourceError(
                f"tushare did not answer {self.patience.attempts} times, at last with {_without(token, str(error))}; "
                "wait some minutes and fetch again, what came is kept"
            ) from None

    def _wait(self, seconds: float) -> None:
        """Everybody waits when one was told to."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)
        self._keep_pace()

    def _keep_pace(self) -> None:
        with self._lock:
            at = max(self._next, time.monotonic())
            self._next = at + self.pause
        time.sleep(max(0.0, at - time.monotonic()))

    def _ask(self, table: str, question: Row) -> list[Row]:
        import requests

        self._keep_pace()
        address = os.environ.get(ADDRESS) or USUAL_ADDRESS
        try:
            answer = requests.post(address, json=question, timeout=self.patience.timeout)
            content = answer.json() if answer.ok else None
        except requests.exceptions.ConnectionError as error:
            if "NameResolution" in str(error) or "getaddrinfo" in str(error):
                raise SourceError(
                    "tushare's address cannot be found; check the network and fetch again, what came is kept"
                ) from None
            raise Busy(type(error).__name__) from None
        except (requests.exceptions.RequestException, ValueError) as error:
            raise Busy(type(error).__name__) from None
        if content is None:
            raise Busy(f"status {answer.status_code}")
        return _rows_of(content, table, str(question["token"]))


def _rows_of(content: Any, table: str, token: str) -> list[Row]:
    """The rows of an answer; a refusal in words is sorted by what may help against it."""
    try:
        code, said = content["code"], _without(token, str(content.get("msg") or ""))
        if code == 0:
            names, items = content["data"]["fields"], content["data"]["items"]
            return [dict(zip(names, item, strict=True)) for item in items]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Busy(f"half an answer ({type(error).__name__})") from None
    if any(word in said for word in TOO_OFTEN):
        raise Busy(f"a rate limit ({said})")
    if "token" in said.lower():
        raise SourceError(f"tushare refuses the token of {TOKEN} ({said}); set the right one")
    if any(word in said for word in NOT_ALLOWED):
        raise NotAllowedError(f"tushare does not let this account ask for {table} ({said})")
    raise FetchError(f"tushare refused {table} ({said or code})")


def _without(token: str, text: str) -> str:
    return text.replace(token, "…") if token else text
