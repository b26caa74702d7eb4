"""Entries of an RSS or Atom feed: `rss:ADDRESS` or `rss:FILE`. Needs feedparser (the extra `sources`)."""

import hashlib
import re
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ...calendars.days import YEARS
from ...doors import read_bytes
from ...errors import ConfigError, LedgerError
from .proposal import Bound, Evidence, LeftOut, Proposal, day_bounds, plain, slug
from .web import MOST, Page, Web

CLOCK = re.compile(r"(?<=[T\s])\d{1,2}:\d\d")
MIDNIGHT = re.compile(r"(?<=[T\s])0?0:00(:00(\.0+)?)?(?![:\d])")
# Zones that mean one thing; CST is China's and Chicago's, other names are not read by feedparser.
ZONE = re.compile(r"([+-]\d\d:?\d\d|Z|GMT|UTC?|[EMP][SD]T)\s*$")
WEST, EAST = timedelta(hours=12), timedelta(hours=14)  # how far the zones of the earth reach


@dataclass(frozen=True)
class Feed:
    """The entries of one feed; the feed's title is taken for the company."""

    name: str

    def proposals(self, web: Web, since: date | None) -> Iterator[Proposal | LeftOut]:
        """Each entry, in the feed's order; those without a title or a time of publication are left out."""
        page = self._page(web)
        parsed = _parsed(page)
        title = plain(parsed.feed.get("title")) or self.name
        for entry in parsed.entries:
            one = _proposal(entry, page, title)
            old = isinstance(one, Proposal) and since and one.not_after.instant.date() < since
            if not old:
                yield one

    def _page(self, web: Web) -> Page:
        if self.name.startswith(("http://", "https://")):
            return web.page(self.name)
        content = read_bytes(
            Path(self.name), error=LedgerError, advice="check the path of the feed", most=MOST
        )
        return Page(self.name, content, hashlib.sha256(content).hexdigest(), datetime.now(UTC))


def _parsed(page: Page) -> Any:
    try:
        import feedparser
    except ImportError:
        raise ConfigError("feeds need feedparser; pip install '.[sources]'") from None
    if b"<!ENTITY" in page.content:
        raise LedgerError(f"{page.url} declares entities of its own, which no feed needs; it is not read")
    parsed = feedparser.parse(page.content)
    if not parsed.get("version"):
        raise LedgerError(f"{page.url} is no RSS or Atom feed; check the address")
    return parsed


def _proposal(entry: Any, page: Page, company: str) -> Proposal | LeftOut:
    fields = dict(entry.items())  # as they are written: feedparser's own look-up takes one word for another
    written = str(fields.get("published") or fields.get("updated") or "").strip()
    parsed = fields.get("published_parsed") or fields.get("updated_parsed")
    title, link = plain(fields.get("title")), plain(fields.get("link"))
    if not title:
        return LeftOut(link or "an entry", "no title")
    if parsed is None:
        return LeftOut(title, f"{plain(written)!r} is no time" if written else "no time of publication")
    if not YEARS[0] <= parsed[0] < YEARS[1]:
        return LeftOut(title, f"{plain(written)!r} is outside the years {YEARS[0]} to {YEARS[1] - 1}")
    at = datetime.fromtimestamp(timegm(parsed), UTC)
    clock, earliest, latest = _meant(written, at)
    url = link if link.startswith(("http://", "https://")) else page.url
    shown = Evidence(url, clock, page.sha256, page.read_at)
    name = slug(company, title, str((earliest if clock == "feed day" else at).date()))
    return Proposal(name, company, title, "launch", Bound(latest, shown), Bound(earliest, shown))


def _meant(written: str, at: datetime) -> tuple[str, datetime, datetime]:
    """The kind of a written time's clock, and the instants between which it lies; `at` is how feedparser reads it.

    Publishers who know the day only write midnight, in their own zone or in none: theirs or China's day may be meant.
    """
    if not CLOCK.search(written) or MIDNIGHT.search(written):
        first, last = day_bounds(at)
        return "feed day", min(at, first), max(at + timedelta(days=1), last)
    if ZONE.search(written):
        return "feed", at, at
    return "feed", at - EAST, at + WEST
