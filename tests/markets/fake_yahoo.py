"""A Yahoo Finance on the loopback, for the real yfinance client redirected by environment alone.

It is an HTTPS proxy: it accepts CONNECT, shows a certificate of its own CA, and answers what `Ticker.history` asks.
`faults` are answers to give instead, once each: (pattern of host and path, kind) with kind one of FAULTS.
"""

import datetime as dt
import json
import re
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import trustme

HOSTS = (
    "fc.yahoo.com",
    "query1.finance.yahoo.com",
    "query2.finance.yahoo.com",
    "guce.yahoo.com",
    "consent.yahoo.com",
    "finance.yahoo.com",
)
FAULTS = ("429", "500", "truncated", "hang")
NOT_FOUND = {"code": "Not Found", "description": "No data found, symbol may be delisted"}


@dataclass(frozen=True)
class Listing:
    """One symbol in Yahoo's form: rows of (day, open, high, low, close, volume), split-adjusted; of `minutes` likewise."""

    rows: list[tuple[dt.date, float, float, float, float, float]]
    zone: str = "Asia/Hong_Kong"
    currency: str = "HKD"
    kind: str = "EQUITY"
    dividends: list[tuple[dt.date, float]] = field(default_factory=list)
    paid_in: str = ""
    splits: list[tuple[dt.date, int, int]] = field(default_factory=list)
    minutes: list[tuple[dt.datetime, float | None, float | None, float | None, float | None, float]] = field(
        default_factory=list
    )

    def chart(self, symbol: str, query: dict[str, list[str]]) -> dict[str, Any]:
        zone = ZoneInfo(self.zone)

        def stamp(day: dt.date) -> int:
            if isinstance(day, dt.datetime):
                return int(day.replace(tzinfo=zone).timestamp())
            return int(dt.datetime.combine(day, dt.time(9, 30), zone).timestamp())

        first, last = int(query["period1"][0]), int(query["period2"][0])
        interval = query.get("interval", ["1d"])[0]
        held = self.rows if interval == "1d" else self.minutes
        rows = [row for row in held if first <= stamp(row[0]) < last]
        events: dict[str, Any] = {}
        if found := {
            str(stamp(d)): {"amount": v, "date": stamp(d)}
            | ({"currency": self.paid_in} if self.paid_in else {})
            for d, v in self.dividends
        }:
            events["dividends"] = found
        if split := {
            str(stamp(d)): {"date": stamp(d), "numerator": n, "denominator": m, "splitRatio": f"{n}:{m}"}
            for d, n, m in self.splits
        }:
            events["splits"] = split
        names = ("open", "high", "low", "close", "volume")
        quote = {name: [row[i] for row in rows] for i, name in enumerate(names, start=1)}
        meta = {
            "currency": self.currency,
            "symbol": symbol,
            "instrumentType": self.kind,
            "exchangeTimezoneName": self.zone,
            "timezone": "HKT",
            "gmtoffset": 28800,
            "priceHint": 3,
            "dataGranularity": interval,
            "validRanges": ["1d", "1mo", "max"],
            "regularMarketTime": stamp(self.rows[-1][0]),
            "regularMarketPrice": self.rows[-1][4],
        }
        if interval != "1d":
            days = sorted({row[0].date() for row in rows if isinstance(row[0], dt.datetime)})
            meta["tradingPeriods"] = [[self._period(day, zone)] for day in days]
        indicators = {"quote": [quote], "adjclose": [{"adjclose": quote["close"]}]}
        result = {"meta": meta, "timestamp": [stamp(row[0]) for row in rows], "indicators": indicators}
        return result | ({"events": events} if events else {})

    def _period(self, day: dt.date, zone: ZoneInfo) -> dict[str, Any]:
        opens, closes = (
            int(dt.datetime.combine(day, at, zone).timestamp()) for at in (dt.time(9, 30), dt.time(15))
        )
        return {"timezone": "CST", "start": opens, "end": closes, "gmtoffset": 28800}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    yahoo: "FakeYahoo"

    def log_message(self, *_: object) -> None:
        pass

    def do_CONNECT(self) -> None:
        self.send_response(200, "Connection Established")
        self.end_headers()
        self.wfile.flush()
        try:
            inner = self.yahoo.tls.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.close_connection = True
            return
        self.connection, self.rfile, self.wfile = inner, inner.makefile("rb", -1), inner.makefile("wb", 0)
        self.close_connection = False
        try:
            while not self.close_connection:
                self.handle_one_request()
        except OSError:
            self.close_connection = True
        finally:
            self.rfile.close()
            inner.close()

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        host = self.headers.get("Host", "").split(":")[0]
        query = parse_qs(url.query)
        self.yahoo.log.append((host, url.path, query))
        if host == "fc.yahoo.com":
            cookie = "A3=d=fake; Domain=.yahoo.com; Path=/; Max-Age=31536000; Secure"
            self._send(404, b"", ("Set-Cookie", cookie))
        elif url.path == "/v1/test/getcrumb":
            self._send(200, b"crumb")
        elif found := re.match(r"/v8/finance/chart/(.+)$", url.path):
            self._chart(unquote(found[1]), query)
        else:
            self._send(404, b"{}")

    do_POST = do_GET

    def _chart(self, symbol: str, query: dict[str, list[str]]) -> None:
        listing = self.yahoo.listings.get(symbol)
        fault = self.yahoo.take_fault(symbol)
        if listing is None:
            self._send(404, json.dumps({"chart": {"result": None, "error": NOT_FOUND}}).encode())
            return
        body = json.dumps({"chart": {"result": [listing.chart(symbol, query)], "error": None}}).encode()
        if fault == "hang":
            self.yahoo.closing.wait(80)
            self.close_connection = True
        elif fault == "truncated":
            self._send(200, body[: len(body) // 2])
        elif fault in ("429", "500"):
            self._send(int(fault), b"Too Many Requests")
        else:
            time.sleep(self.yahoo.delay)
            self._send(200, body)


class FakeYahoo:
    """Serves `listings` by symbol while used as a context; `log` holds (host, path, query) of every request."""

    def __init__(self, folder: Path, listings: dict[str, Listing], delay: float = 0.0) -> None:
        self.listings, self.delay = listings, delay
        self.log: list[tuple[str, str, dict[str, list[str]]]] = []
        self.faults: list[tuple[str, str]] = []
        self.closing = threading.Event()
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*HOSTS).configure_cert(self.tls)
        self.tls.set_alpn_protocols(["http/1.1"])
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"yahoo": self}))
        self.server.daemon_threads = True

    def take_fault(self, symbol: str) -> str:
        for i, (wanted, kind) in enumerate(self.faults):
            if wanted == symbol:
                self.faults.pop(i)
                return kind
        return ""

    def __enter__(self) -> "FakeYahoo":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def environment(self, cache: Path) -> dict[str, str]:
        """What points an unchanged client here."""
        proxy, ca = f"http://127.0.0.1:{self.server.server_port}", str(self.ca)
        return {
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
            **dict.fromkeys(("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), ca),
            "XDG_CACHE_HOME": str(cache),
        }
