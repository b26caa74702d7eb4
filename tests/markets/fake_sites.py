"""Web sites on the loopback for clients that are redirected by environment alone: a proxy that shows its own certificate.

`answer` gets (host, path, query, body) and gives (status, text). `faults` is a share of the questions, drawn with a
seed, that end in one of FAULTS instead.
"""

import random
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

Answer = Callable[[str, str, dict[str, list[str]], bytes], tuple[int, str | bytes]]
FAULTS = ("500", "429", "half", "cut")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "FakeSites"

    def log_message(self, *_: object) -> None:
        pass

    def do_CONNECT(self) -> None:
        self.send_response(200, "Connection Established")
        self.end_headers()
        self.wfile.flush()
        try:
            inner = self.server.tls.wrap_socket(self.connection, server_side=True)
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

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        host = (url.netloc or self.headers.get("Host", "")).split(":")[0]
        query = parse_qs(url.query)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.log.append((host, url.path, query))
        status, text = self.server.answer(host, url.path, query, body)
        fault = self.server.fault()
        if fault == "cut":
            self.close_connection = True
            return
        if fault in ("500", "429"):
            status, text = int(fault), "busy"
        content = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault == "half" else content)
        if fault == "half":
            self.close_connection = True

    do_POST = do_GET


class FakeSites(ThreadingHTTPServer):
    """Serves `answer` for every host; `environment` sends a client here."""

    daemon_threads = True

    def __init__(self, folder: Path, answer: Answer, *, faults: float = 0.0, seed: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.share = answer, faults
        self.drawn, self.lock = random.Random(seed), threading.Lock()
        self.log: list[tuple[str, str, dict[str, list[str]]]] = []
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.authority)
        certificate = authority.issue_cert("*.eastmoney.com", "*.push2his.eastmoney.com", "*.sina.com.cn", "finance.sina.com.cn", "stock.finance.sina.com.cn", "vip.stock.finance.sina.com.cn", "www.ecb.europa.eu")  # fmt: skip
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.tls)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def environment(self) -> dict[str, str]:
        proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), self.address)
        return {**proxies, "REQUESTS_CA_BUNDLE": str(self.authority), "NO_PROXY": "", "no_proxy": ""}

    def fault(self) -> str:
        with self.lock:
            return self.drawn.choice(FAULTS) if self.drawn.random() < self.share else ""

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no news."""

    def __enter__(self) -> "FakeSites":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
