"""Events of GH Archive: `gharchive:FILE` or an address, `#OWNER` behind it for one owner's only.

A record of public events, an hour to a file. An event that publishes a repository or a release was public at its second;
so was the creation of a tag in a public repository.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ...doors import MEGABYTE, read_bytes
from ...errors import LedgerError
from .proposal import Bound, Evidence, Proposal, moment, plain, slug
from .web import Page, Web

LARGEST = 512 * MEGABYTE  # packed; the busiest hours have some 150 MB
LONGEST_LINE = 16 * MEGABYTE


@dataclass(frozen=True)
class GHArchive:
    """The launches among the events of one file."""

    name: str

    def proposals(self, web: Web, since: date | None) -> Iterator[Proposal]:
        """Published repositories, releases and tags, in the order of the file."""
        place, _, owner = self.name.partition("#")
        page = self._page(web, place)
        if not page.content:
            raise LedgerError(f"{place} is empty, which no hour of GH Archive is; download it again")
        for event in _events(page, place):
            proposal = _proposal(event, page)
            wanted = proposal and (not owner or proposal.company.lower() == owner.lower())
            if proposal and wanted and not (since and proposal.not_after.instant.date() < since):
                yield proposal

    def _page(self, web: Web, place: str) -> Page:
        if place.startswith(("http://", "https://")):
            return Web(web.folder, web.patience, LARGEST).page(place)
        content = read_bytes(
            Path(place), error=LedgerError, advice="check the path of the hour file", most=LARGEST
        )
        return Page(place, content, hashlib.sha256(content).hexdigest(), datetime.now(UTC))


def _events(page: Page, place: str) -> Iterator[dict[str, Any]]:
    """The events of an hour, one line each; unpacked line by line."""
    import io

    packed = page.content[:2] == b"\x1f\x8b"
    file = gzip.GzipFile(fileobj=io.BytesIO(page.content)) if packed else io.BytesIO(page.content)
    number = 0
    try:
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise LedgerError(f"{place} line {number} is longer than 16 MB, which no event is")
            event = json.loads(line)
            if isinstance(event, dict):
                yield event
    except (ValueError, RecursionError, OSError, EOFError, zlib.error) as error:
        raise LedgerError(
            f"{place} is no file of GH Archive at line {number} ({error}); download the hour again"
        ) from None


def _proposal(event: dict[str, Any], page: Page) -> Proposal | None:
    """The launch of an event that makes something public, else None."""
    repository = event.get("repo")
    name = str(repository.get("name", "")) if isinstance(repository, dict) else ""
    owner, _, short = name.partition("/")
    at, held = moment(event.get("created_at")), event.get("payload")
    payload = held if isinstance(held, dict) else {}
    if at is None or not short:
        return None
    mark = _published(str(event.get("type")), payload)
    if mark is None:
        return None
    bound = Bound(at, Evidence(page.url, "github event", page.sha256, page.read_at))
    return Proposal(slug(owner, short, mark), plain(owner), plain(f"{short} {mark}"), "launch", bound, bound)


def _published(kind: str, payload: dict[str, Any]) -> str | None:
    """What an event published: a tag's name, "" for a whole repository, None for nothing."""
    if kind == "PublicEvent":
        return ""
    release = payload.get("release")
    if kind == "ReleaseEvent" and payload.get("action") == "published" and isinstance(release, dict):
        return str(release.get("tag_name", ""))
    if kind == "CreateEvent" and payload.get("ref_type") == "tag":
        return str(payload.get("ref", ""))
    return None
