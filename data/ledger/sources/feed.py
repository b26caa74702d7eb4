"""Entries of an RSS or Atom feed: `rss:ADDRESS` or `rss:FILE`. Needs feedparser (the extra `sources`)."""

import hashlib
import re
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ...calendars.days import YEARS
from ...doors import read_bytes
from ...errors import ConfigError, LedgerError
from .proposal import Bound, Evidence, Proposal, day_bounds, plain, slug
from .web import MOST, Page, Web

MIDNIGHT = re.compile(r"\b00:00(:00(\.0+)?)?\b(?!:)")


@dataclass(frozen=True)
class Feed:
    """The entries of one feed; the feed's title is taken for the company."""

    name: str

    def proposals(self, web: Web, since: date | None) -> Iterator[Proposal]:
        """Each entry with a time of publication, in the feed's order."""
        page = self._page(web)
        parsed = _parsed(page)
        title = plain(parsed.feed.get("title")) or self.name
        for entry in parsed.entries:
            proposal = _proposal(entry, page, title)
            if proposal and not (since and proposal.not_after.instant.date() < since):
                yield proposal

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


def _proposal(entry: Any, page: Page, company: str) -> Proposal | None:
    written = str(entry.get("published") or entry.get("updated") or "")
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    title, link = plain(entry.get("title")), plain(entry.get("link"))
    if not title or parsed is None or not YEARS[0] <= parsed[0] < YEARS[1]:
        return None
    at = datetime.fromtimestamp(timegm(parsed), UTC)
    url = link if link.startswith(("http://", "https://")) else page.url
    timed = ":" in written and not MIDNIGHT.search(written)  # publishers who know the day only write midnight
    earliest, latest = (at, at) if timed else day_bounds(at)
    shown = Evidence(url, "feed" if timed else "feed day", page.sha256, page.read_at)
    name = slug(company, title, str(earliest.date()))
    return Proposal(name, company, title, "launch", Bound(latest, shown), Bound(earliest, shown))
