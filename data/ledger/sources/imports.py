"""Proposals from the places where launches happen, gathered into one file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import platformdirs

from ...errors import ConfigError, FetchError, LedgerError
from .choose import choose_source
from .export import Export
from .proposals import held, merge, read_proposals, write_proposals
from .web import Web

PROPOSALS = Path("proposals.csv")
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportReport:
    """What an import brought: new and known proposals by source, the file, and why a source gave nothing."""

    path: Path
    new: dict[str, int]
    known: dict[str, int]
    failed: dict[str, str]


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
    report = ImportReport(out, {}, {}, {})
    with held(out):
        rows = read_proposals(out)
        for number, (word, source) in enumerate(chosen.items(), 1):
            try:
                proposals = list(source.proposals(reader, since))
            except (FetchError, LedgerError, ConfigError) as error:
                report.failed[word] = str(error)
                continue
            before = len(rows)
            rows = merge(rows, proposals)
            report.new[word] = len(rows) - before
            report.known[word] = len({proposal.id for proposal in proposals}) - report.new[word]
            write_proposals(out, rows)
            on_progress(number, len(chosen))
    return report
