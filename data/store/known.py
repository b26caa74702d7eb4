"""What sources state of a code beside its bars, kept in its folder of the store: `facts.json`, one entry a source."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..doors import exists, read_json
from ..errors import StoreError
from ..instruments.facts import Facts, facts_from
from ..instruments.instrument import Instrument
from ..instruments.table import Instruments
from ..providers.provider import FactSource, Provider
from .lock import Lock, keep_file
from .series import moment
from .store import Store

FILE = "facts.json"
FORMAT = 1
# Listing days do not change; names and lots may.
FRESH = timedelta(days=30)


def read_facts(store: Store, code: str) -> tuple[Facts, ...]:
    """What each source stated of a code, the one asked last first; a file that cannot be understood is a StoreError."""
    path = store.folder(code) / FILE
    if not exists(path):
        return ()
    content = read_json(path, error=StoreError, advice="delete it and fetch the code again")
    try:
        found = [facts_from(row) for row in content["facts"]]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path} is incomplete or damaged ({error}); delete it and fetch the code again"
        ) from None
    return tuple(sorted(found, key=lambda one: one.seen_at, reverse=True))


def keep_facts(store: Store, facts: Facts) -> None:
    """Keep what a source states in place of what it stated before."""
    folder = store.folder(facts.code)
    with Lock(folder):
        others = [one for one in read_facts(store, facts.code) if one.source != facts.source]
        rows = [one.to_json() for one in sorted([*others, facts], key=lambda one: one.source)]
        content = json.dumps(
            {"format": FORMAT, "code": facts.code, "facts": rows}, indent=1, ensure_ascii=False
        )
        keep_file(folder / FILE, (content + "\n").encode())


def are_fresh(store: Store, code: str, source: str) -> bool:
    """Whether a source was asked lately enough about a code."""
    seen = next((one.seen_at for one in read_facts(store, code) if one.source == source), "")
    return bool(seen) and datetime.now(UTC) - datetime.fromisoformat(seen) < FRESH


def bring_facts(store: Store, instrument: Instrument, provider: Provider, *, refresh: bool = False) -> None:
    """Ask a source that states facts for those of a code and keep them, unless it did lately; its errors are raised."""
    if isinstance(provider, FactSource) and (refresh or not are_fresh(store, instrument.code, provider.name)):
        keep_facts(store, replace(provider.facts(instrument), seen_at=moment()))


def are_stated(store: Store, code: str, provider: Provider) -> bool:
    """Whether a source has been heard about a code, or states no facts at all."""
    heard = (one.source for one in read_facts(store, code))
    return not isinstance(provider, FactSource) or provider.name in heard


def with_facts(book: Instruments, store: Store) -> Instruments:
    """The table with what the store knows of its codes laid over it."""
    folder = store.root / "codes"
    if not exists(folder):
        return book
    rows: list[Instrument] = []
    for path in sorted(folder.glob(f"*/{FILE}")):
        stated = read_facts(store, path.parent.name)
        if any(stated):
            rows.append(book.stated(path.parent.name, stated))
    return book.with_rows(rows)
