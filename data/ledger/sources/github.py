"""Releases, tags and beginnings of GitHub repositories: `github:OWNER` or `github:OWNER/REPOSITORY`.

A release was public when it was published. A tag or a first commit bears the committer's clock, and a repository may have
been private at first: those bound a launch from below only, and the time of reading bounds it from above. The address of
the interface is GITHUB_API_URL, the token GITHUB_TOKEN or GH_TOKEN, where set.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ...errors import FetchError, LedgerError
from .proposal import Bound, Evidence, Proposal, moment, plain, slug
from .web import Page, Web

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9._-]+)?")
PUBLIC = "https://api.github.com"
FIRST_DAYS = timedelta(days=30)  # after it was made, within which a repository has its first commit


@dataclass(frozen=True)
class GitHub:
    """The launches of one owner, or of one repository of his."""

    name: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise LedgerError(f"github:{self.name} names no owner or repository; write github:zai-org/GLM-5")

    def proposals(self, web: Web, since: date | None) -> Iterator[Proposal]:
        """Releases, tags without a release, and the beginning of each repository, newest repository first."""
        for repository in self._repositories(web):
            yield from self._launches(web, repository, since)

    def _repositories(self, web: Web) -> list[str]:
        if "/" in self.name:
            return [self.name]
        names: list[str] = []
        for page in _pages(web, f"/users/{self.name}/repos?per_page=100&sort=created"):
            names += [
                str(row["full_name"]) for row in _rows(page) if not row.get("fork") and row.get("full_name")
            ]
        return [name for name in names if NAME.fullmatch(name)]

    def _launches(self, web: Web, repository: str, since: date | None) -> Iterator[Proposal]:
        released: set[str] = set()
        for page in _pages(web, f"/repos/{repository}/releases?per_page=100"):
            for row in _rows(page):
                released.add(str(row.get("tag_name")))
                at = moment(row.get("published_at"))
                if at is None or row.get("draft") or (since and at.date() < since):
                    continue
                shown = Evidence(_link(row, page), "github release", page.sha256, page.read_at)
                bound = Bound(at, shown)
                title = plain(row.get("name")) or plain(row.get("tag_name"))
                yield _proposal(repository, str(row.get("tag_name")), title, bound, bound)
        known = len(released)
        yield from self._tags(web, repository, since, released)
        if not known and not released:
            yield from _beginning(web, repository, since)

    def _tags(self, web: Web, repository: str, since: date | None, released: set[str]) -> Iterator[Proposal]:
        """Tags that are no release; their names join those of the releases."""
        for page in _pages(web, f"/repos/{repository}/tags?per_page=100"):
            for row in _rows(page):
                name = str(row.get("name"))
                sha = str((row.get("commit") or {}).get("sha"))
                if name in released or not re.fullmatch(r"[0-9a-f]{7,64}", sha):
                    continue
                released.add(name)
                commit = _page(web, f"/repos/{repository}/commits/{sha}")
                yield from _from_commit(repository, name, commit, since)


def _beginning(web: Web, repository: str, since: date | None) -> Iterator[Proposal]:
    """The first commit of a repository without releases and tags: a launch of the repository itself.

    It was not public before it existed (created_at), nor before its first commit: the later of both bounds it from below.
    """
    about = _page(web, f"/repos/{repository}")
    row = about.json()
    created = moment(row.get("created_at")) if isinstance(row, dict) else None
    if created is None or row.get("private"):
        return
    made = Bound(created, Evidence(_link(row, about), "github repository", about.sha256, about.read_at))
    until = (created + FIRST_DAYS).strftime("%Y-%m-%dT%H:%M:%SZ")
    oldest: list[tuple[Page, dict[str, Any]]] = []  # commits come newest first
    for page in _pages(web, f"/repos/{repository}/commits?per_page=100&until={until}"):
        oldest = [(page, each) for each in _rows(page)][-1:] or oldest
    if not oldest:
        return
    page, commit = oldest[0]
    at = moment(((commit.get("commit") or {}).get("committer") or {}).get("date"))
    if at is None:
        return
    written = Bound(at, Evidence(_link(commit, page), "github commit", page.sha256, page.read_at))
    before = max(made, written, key=lambda bound: bound.instant)
    if since and before.instant.date() < since:
        return
    after = Bound(page.read_at, Evidence(_link(row, about), "read", page.sha256, page.read_at))
    yield _proposal(repository, "first commit", repository.partition("/")[2], before, after)


def _from_commit(repository: str, name: str, page: Page, since: date | None) -> Iterator[Proposal]:
    """A launch between the clock of its commit and the time of reading."""
    row = page.json()
    written = row.get("commit", {}).get("committer", {}).get("date") if isinstance(row, dict) else None
    at = moment(written)
    if at is None or (since and at.date() < since):
        return
    link = _link(row, page)
    before = Bound(at, Evidence(link, "github commit", page.sha256, page.read_at))
    after = Bound(page.read_at, Evidence(link, "read", page.sha256, page.read_at))
    yield _proposal(repository, name, name, before, after)


def _proposal(repository: str, mark: str, title: str, before: Bound, after: Bound) -> Proposal:
    owner, _, name = repository.partition("/")
    product = plain(title if name.lower() in title.lower() else f"{name} {title}")
    return Proposal(slug(owner, name, mark), owner, product, "launch", after, before)


def _pages(web: Web, path: str) -> Iterator[Page]:
    yield from web.pages(_base() + path, headers=_headers())


def _page(web: Web, path: str) -> Page:
    return web.page(_base() + path, headers=_headers())


def _base() -> str:
    return os.environ.get("GITHUB_API_URL", PUBLIC).rstrip("/")


def _headers() -> dict[str, str]:
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
    accept = {"Accept": "application/vnd.github+json"}
    return accept | ({"Authorization": f"Bearer {token}"} if token else {})


def _rows(page: Page) -> list[dict[str, Any]]:
    rows = page.json()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FetchError(f"{page.url} did not answer with a list; check the address of the interface")
    return rows


def _link(row: Any, page: Page) -> str:
    link = str(row.get("html_url", "")) if isinstance(row, dict) else ""
    return plain(link) if link.startswith(("https://", "http://")) else page.url
