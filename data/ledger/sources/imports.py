"""Proposals from the places where launches happen, gathered into one file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import platformdirs

from ...errors import ConfigError, FetchError, LedgerError
from .choose import choose_source
from .export import Export
from .proposal import LeftOut, Proposal
from .proposals import held, merge, read_proposals, write_proposals
from .web import Web

PROPOSALS = Path("proposals.csv")
SKEW = timedelta(minutes=5)  # by which clocks of this machine and of a server may differ
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportReport:
    """What an import brought: new and known proposals by source, the file, and why a source gave nothing.

    `left_out` is what nothing can be proposed of, by source: entries without a time, and those dated after they were read.
    """

    path: Path
    new: dict[str, int]
    known: dict[str, int]
    failed: dict[str, str]
    left_out: dict[str, tuple[LeftOut, ...]]


def import_launches(
    sources: Sequence[str],
    *,
    out: Path = PROPOSALS,
    since: date | None = None,
    mapping: Path | None = None,
    web: Web | None = None,
    on_progress: Told = lambda done, total: None,
) -> ImportReport:
    """Ask each source for launches and write them as proposals into `out`, whose rows are kept.

    Sources are words such as `github:zai-org`, `hf:deepseek-ai`, `rss:https://…`, `gharchive:FILE`, `file:news.csv` (with
    `mapping`, its TOML). The file is written after each source, so that nothing is lost when a later one fails; what was
    read from the web is kept in the user's cache and asked for again only where it changed. An unknown source is
    LedgerError, before anything is asked.
    """
    chosen = {word: choose_source(word) for word in sources}
    if not chosen:
        raise ConfigError(
            "no source is named; write one such as github:zai-org or rss:https://example.org/feed.xml"
        )
    if mapping is not None and not any(isinstance(source, Export) for source in chosen.values()):
        raise ConfigError(
            "`mapping` says what the columns of a file are, and no source is a file:NAME.csv; leave it out"
        )
    for word, source in chosen.items():
        if mapping is not None and isinstance(source, Export):
            chosen[word] = Export(source.name, mapping)
    reader = web or Web(platformdirs.user_cache_path("launchlab", appauthor=False) / "pages")
    report = ImportReport(out, {}, {}, {}, {})
    with held(out):
        rows = read_proposals(out)
        for number, (word, source) in enumerate(chosen.items(), 1):
            try:
                found = [_possible(one) for one in source.proposals(reader, since)]
            except (FetchError, LedgerError, ConfigError) as error:
                report.failed[word] = str(error)
                continue
            proposals = [one for one in found if isinstance(one, Proposal)]
            if left := tuple(one for one in found if isinstance(one, LeftOut)):
                report.left_out[word] = left
            before = len(rows)
            rows = merge(rows, proposals)
            report.new[word] = len(rows) - before
            report.known[word] = len({proposal.id for proposal in proposals}) - report.new[word]
            write_proposals(out, rows)
            on_progress(number, len(chosen))
    return report


def _possible(one: Proposal | LeftOut) -> Proposal | LeftOut:
    """The same, unless it is dated after it was read: a wrong clock, or something that has not happened."""
    if isinstance(one, LeftOut):
        return one
    earliest = one.not_before or one.not_after
    shown = earliest.evidence
    if shown is None or shown.read_at is None or earliest.instant <= shown.read_at + SKEW:
        return one
    return LeftOut(one.product, f"dated {earliest.instant.isoformat(timespec='minutes')}, after it was read")
