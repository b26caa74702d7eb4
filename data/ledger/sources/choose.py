"""The source that a word such as `github:zai-org` names."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Protocol

from ...errors import LedgerError, did_you_mean
from .export import Export
from .feed import Feed
from .gharchive import GHArchive
from .github import GitHub
from .huggingface import HuggingFace
from .proposal import LeftOut, Proposal
from .web import Web


class LaunchSource(Protocol):
    """Where launches are found.

    `proposals` gives those public on `since` or later, and what had to be left out; a page that cannot be read is
    FetchError, one that makes no sense LedgerError.
    """

    def proposals(self, web: Web, since: date | None) -> Iterator[Proposal | LeftOut]: ...


SOURCES: Mapping[str, Callable[[str], LaunchSource]] = {
    "github": GitHub,
    "gharchive": GHArchive,
    "hf": HuggingFace,
    "rss": Feed,
    "file": Export,
}


def choose_source(word: str) -> LaunchSource:
    """The source of a word `KIND:NAME`; LedgerError names the kinds there are.

    >>> choose_source("github:zai-org/GLM-5")
    GitHub(name='zai-org/GLM-5')
    """
    kind, colon, name = word.partition(":")
    if kind not in SOURCES or not name:
        hint = did_you_mean(kind, SOURCES) if colon else ""
        kinds = ", ".join(f"{known}:…" for known in SOURCES)
        raise LedgerError(f"{word!r} is no source of launches{hint}; write one of {kinds}")
    return SOURCES[kind](name)
