"""Pages of the web, read politely: bounded, kept, asked again only for what changed, and from public addresses only.

A page that was read is kept in a folder with its mark (ETag, Last-Modified); it is asked for again with that mark, so that
an import that was killed goes on where it was. A redirect may not lead to a file or into a private network, and a token
goes only to the server that it was given for.
"""

import hashlib
import ipaddress
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from ...doors import MEGABYTE, read_bytes
from ...errors import DataError, FetchError
from ...files import write_whole
from ...patience import Brake, Busy, Patience

if TYPE_CHECKING:
    import requests

MOST = 32 * MEGABYTE
MOST_HOPS = 5
MOST_PAGES = 1_000  # of one list
PIECE = 1 << 16
MOVED = (301, 302, 303, 307, 308)
LATER = (429, 500, 502, 503, 504)
PATIENT = Patience(timeout=30.0, attempts=4, first_pause=1.0, longest_pause=60.0)


class Page(NamedTuple):
    """What was read from an address: the bytes, their hash, when, and the address of the next page of a list."""

    url: str
    content: bytes
    sha256: str
    read_at: datetime
    following: str = ""

    def json(self) -> Any:
        """The value that the page holds; FetchError where it is no JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise FetchError(f"{self.url} did not answer with JSON; check the address") from None


@dataclass
class Web:
    """A reader of pages that keeps what it read under `folder` (None: keeps nothing)."""

    folder: Path | None = None
    patience: Patience = PATIENT
    most: int = MOST
    _brake: Brake = field(default_factory=Brake, repr=False)

    def page(self, url: str, *, headers: Mapping[str, str] | None = None) -> Page:
        """The page at an http or https address; FetchError says what was wrong after the last attempt."""
        try:
            return self.patience.retrying()(self._asked, url, dict(headers or {}))
        except Busy as busy:
            raise FetchError(f"{url} does not answer ({busy}); try again later") from None

    def pages(self, url: str, *, headers: Mapping[str, str] | None = None) -> Iterator[Page]:
        """A list's pages, one after the other, as its `Link: rel=next` says; only on the server that was asked."""
        server = _server(url)
        for _ in range(MOST_PAGES):
            page = self.page(url, headers=headers)
            yield page
            if not page.following:
                return
            if _server(page.following) != server:
                raise FetchError(f"{url} continues on another server, {page.following}; that is not followed")
            url = page.following
        raise FetchError(
            f"{url} has more than {MOST_PAGES} pages; ask for a single repository or a later day"
        )

    def _asked(self, url: str, headers: dict[str, str]) -> Page:
        import requests

        self._brake.wait()
        kept = self._kept(url)
        session = requests.Session()
        marks = {"If-None-Match": kept.get("etag", ""), "If-Modified-Since": kept.get("modified", "")}
        session.headers.update(
            {"User-Agent": "launchlab"} | {name: mark for name, mark in marks.items() if mark}
        )
        try:
            with session, self._followed(session, url, headers) as answer:
                if answer.status_code == 304 and kept:
                    content = read_bytes(self._file(url, "body"), error=DataError)
                    return _page(url, content, kept.get("next", ""))
                self._refuse(url, answer)
                return self._keep(url, answer, self._content(url, answer))
        except requests.exceptions.RequestException as error:
            raise Busy(type(error).__name__) from None

    def _followed(
        self, session: "requests.Session", url: str, headers: dict[str, str]
    ) -> "requests.Response":
        """The answer after redirects; headers (a token) go to the first server only."""
        asked, place = _server(url), url
        for _ in range(MOST_HOPS):
            _check_address(place, trusted=_server(place) == asked)
            own = headers if _server(place) == asked else {}
            answer = session.get(
                place, headers=own, timeout=self.patience.timeout, stream=True, allow_redirects=False
            )
            if answer.status_code not in MOVED:
                return answer
            place = urljoin(place, answer.headers.get("Location", ""))
            answer.close()
        raise FetchError(f"{url} redirects more than {MOST_HOPS} times; check the address")

    def _refuse(self, url: str, answer: "requests.Response") -> None:
        """Raise where there is no page: Busy where it may come later, else FetchError."""
        status = answer.status_code
        pause = _pause(answer)
        if status in LATER or (status == 403 and pause is not None):
            if pause is not None and pause > self.patience.longest_pause:
                raise FetchError(
                    f"{url}: the server asks to wait {pause / 60:.0f} minutes; try again then, or give a token"
                )
            if pause:
                self._brake.press(pause)
            raise Busy(f"status {status}")
        if status != 200:
            raise FetchError(f"{url} answers {status} {answer.reason}; check the name and the token")

    def _content(self, url: str, answer: "requests.Response") -> bytes:
        """The unpacked content, read in pieces and given up above `most`."""
        content = bytearray()
        for piece in answer.iter_content(PIECE):
            content += piece
            if len(content) > self.most:
                raise FetchError(
                    f"{url} is larger than {self.most // MEGABYTE} MB, which no list of launches is"
                )
        return bytes(content)

    def _keep(self, url: str, answer: "requests.Response", content: bytes) -> Page:
        following = answer.links.get("next", {}).get("url", "")
        page = _page(url, content, urljoin(url, following) if following else "")
        marks = {"etag": answer.headers.get("ETag", ""), "modified": answer.headers.get("Last-Modified", "")}
        if self.folder is not None and any(marks.values()):
            about = marks | {"url": url, "next": page.following, "sha256": page.sha256}
            with suppress(OSError):  # a cache that cannot be written saves nothing, and loses nothing
                self.folder.mkdir(parents=True, exist_ok=True)
                write_whole(self._file(url, "body"), content)
                write_whole(self._file(url, "json"), json.dumps(about))
        return page

    def _kept(self, url: str) -> dict[str, str]:
        """What is known of a page that was kept; nothing where its bytes are not those that were read."""
        if self.folder is None or not self._file(url, "json").is_file():
            return {}
        try:
            about = json.loads(read_bytes(self._file(url, "json"), error=DataError))
            content = read_bytes(self._file(url, "body"), error=DataError)
        except (DataError, ValueError, RecursionError):
            return {}
        sound = isinstance(about, dict) and all(isinstance(value, str) for value in about.values())
        return about if sound and about.get("sha256") == hashlib.sha256(content).hexdigest() else {}

    def _file(self, url: str, ending: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.{ending}"


def _page(url: str, content: bytes, following: str) -> Page:
    return Page(url, content, hashlib.sha256(content).hexdigest(), datetime.now(UTC), following)


def _server(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise FetchError(f"{url!r} is no address; write one such as https://example.org/feed.xml") from None


def _check_address(url: str, *, trusted: bool) -> None:
    """Refuse what is no web address, and a private one unless the user gave it himself."""
    scheme, host, _ = _server(url)
    if scheme not in ("http", "https") or not host:
        raise FetchError(f"{url!r} is no web address; only http and https are read")
    if trusted:
        return
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        raise Busy(f"{host} is not found") from None
    if any(not ipaddress.ip_address(address).is_global for address in addresses):
        raise FetchError(
            f"{url} is in a private network, where a redirect may not lead; give that address itself"
        )


def _pause(answer: "requests.Response") -> float | None:
    """Seconds after which the server wants to be asked again; None where it does not say."""
    after = answer.headers.get("Retry-After", "")
    if after.isdigit():
        return float(after)
    reset = answer.headers.get("X-RateLimit-Reset", "")
    if answer.headers.get("X-RateLimit-Remaining") == "0" and reset.isdigit():
        return max(0.0, float(reset) - datetime.now(UTC).timestamp())
    return None
