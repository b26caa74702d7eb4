"""A server on this machine that answers as GitHub, Hugging Face and a feed do; it counts what it is asked."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

COMMIT = "6ff2b4b0" * 5
REPOSITORIES: list[dict[str, Any]] = [
    {"full_name": "zai-org/GLM-5", "fork": False, "created_at": "2026-02-10T03:00:00Z"},
    {"full_name": "zai-org/copy", "fork": True, "created_at": "2026-02-10T03:00:00Z"},
]
RELEASES: list[dict[str, Any]] = [
    {
        "tag_name": "v1.0", "name": "GLM-5", "draft": False, "published_at": "2026-02-11T17:18:00Z",
        "html_url": "https://github.com/zai-org/GLM-5/releases/tag/v1.0",
    },
    {"tag_name": "v1.1", "name": None, "draft": True, "published_at": None, "html_url": ""},
]  # fmt: skip
MODELS: list[dict[str, Any]] = [
    {"id": "deepseek-ai/DeepSeek-V4", "createdAt": "2026-02-10T08:00:00.000Z", "private": False},
    {"id": "deepseek-ai/secret", "createdAt": "2026-02-11T08:00:00.000Z", "private": True},
    {"id": "deepseek-ai/DeepSeek-R1", "createdAt": "2025-01-20T03:46:07.000Z", "private": False},
]
FEED = b"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>MiniMax</title>
<item><title>MiniMax M2.5</title><link>https://www.minimax.io/news/m2-5</link>
<pubDate>Thu, 12 Feb 2026 10:30:00 +0800</pubDate></item>
<item><title>&lt;script&gt;alert(1)&lt;/script&gt; Hailuo 3</title><link>javascript:alert(1)</link>
<pubDate>Fri, 13 Feb 2026 00:00:00 +0800</pubDate></item></channel></rss>"""

Answer = tuple[int, bytes, dict[str, str]]


class LaunchSites:
    """Serves while used as a context; `asked` holds (path, headers), `faults` answers to give first, by path."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.faults: dict[str, list[Answer]] = {}
        self.pages: dict[str, Callable[[dict[str, list[str]]], Answer]] = {
            "/users/zai-org/repos": lambda query: self._repositories(query),
            "/repos/zai-org/GLM-5/releases": lambda _: _json(RELEASES),
            "/repos/zai-org/GLM-5/tags": lambda _: _json(
                [{"name": "v1.0", "commit": {"sha": COMMIT}}, {"name": "v0.9", "commit": {"sha": COMMIT}}]
            ),
            f"/repos/zai-org/GLM-5/commits/{COMMIT}": lambda _: _json(
                {
                    "html_url": "https://github.com/zai-org/GLM-5/commit/6ff2b4b0",
                    "commit": {"committer": {"date": "2026-02-09T12:00:00Z"}},
                }
            ),
            "/api/models": lambda _: _json(MODELS),
            "/feed.xml": lambda _: (200, FEED, {"Content-Type": "application/rss+xml"}),
        }
        sites = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                sites.asked.append((self.path, dict(self.headers)))
                status, body, headers = sites.answer(url.path, parse_qs(url.query), dict(self.headers))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> Answer:
        waiting = self.faults.get(path, [])
        if waiting:
            return waiting.pop(0)
        if path not in self.pages:
            return 404, b'{"message": "Not Found"}', {}
        status, body, own = self.pages[path](query)
        mark = f'"{hash(body)}"'
        if headers.get("If-None-Match") == mark:
            return 304, b"", {}
        return status, body, {"ETag": mark} | own

    def _repositories(self, query: dict[str, list[str]]) -> Answer:
        """Two pages, a repository on each."""
        page = int(query.get("page", ["1"])[0])
        status, body, headers = _json([REPOSITORIES[page - 1]])
        if page == 1:
            headers["Link"] = f'<{self.url}/users/zai-org/repos?per_page=100&page=2>; rel="next"'
        return status, body, headers

    def __enter__(self) -> "LaunchSites":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def _json(value: object) -> Answer:
    return 200, json.dumps(value).encode(), {"Content-Type": "application/json"}
