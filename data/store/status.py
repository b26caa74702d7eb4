"""What a store holds: of each code its span, source, holes, last check and what is unknown; of each source its health."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..bars.stated import as_stated
from ..calendars.sessions import calendar
from ..errors import LaunchlabError, StoreError
from ..instruments.table import Instruments, to_instruments
from ..instruments.typed import typed
from .health import Health, SourceHealth
from .known import read_facts, with_facts
from .rates import rates_path, rates_until
from .store import Store, default_store, is_store

FEW = 3


@dataclass(frozen=True)
class CodeStatus:
    """One code: days in ISO. `holes` are the exchange's sessions between first and last without a bar, `suspended` the
    sessions that the source says were halted. `checked` is the moment of the last fetch, `errors` and `warnings` what its
    check found. `agreements` are sentences about second sources, `facts` the sources of listing day and names. `fault`
    says why the code cannot be read, '' where it can.
    """

    code: str
    source: str = ""
    version: str = ""
    first: str = ""
    last: str = ""
    rows: int = 0
    holes: tuple[str, ...] = ()
    suspended: int = 0
    checked: str = ""
    errors: int = 0
    warnings: int = 0
    agreements: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class StoreStatus:
    """The codes of a store in order, the health of each source that was asked, and the last day of its rates ('': none)."""

    store: Path
    codes: tuple[CodeStatus, ...]
    sources: Mapping[str, SourceHealth] = field(default_factory=dict)
    rates_until: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "store": str(self.store),
            "codes": [asdict(one) for one in self.codes],
            "sources": {name: asdict(one) for name, one in self.sources.items()},
            "rates_until": self.rates_until,
        }


def store_status(
    codes: str | Sequence[str] | None = None,
    *,
    store: Path | str | None = None,
    instruments: Instruments | Path | str | None = None,
) -> StoreStatus:
    """What a store (the user's own unless given) holds of `codes`, all of them unless named."""
    root = default_store() if store is None else Path(store)
    health = Health(root).all()
    if not is_store(root) and not health:
        raise StoreError(f"{root} is not a store; bring bars into one with `ll.fetch()`")
    place = Store(root)
    book = with_facts(to_instruments(instruments), place)
    asked = typed(codes or (), book)
    return StoreStatus(
        root,
        tuple(_status(place, code, asked.book) for code in asked.codes or place.codes()),
        health,
        rates_until(place) if rates_path(place) else "",
    )


def _status(store: Store, code: str, book: Instruments) -> CodeStatus:
    try:
        manifest = store.manifest(code)
        bars = store.read(code)
        revision = manifest.latest() if manifest is not None else None
        if manifest is None or revision is None:
            raise StoreError(f"{code} is not in the store; bring it with `ll.fetch('{code}')`")
        instrument = book[code]
        sessions = calendar(instrument.exchange).sessions
        inside = sessions[(sessions >= bars.sessions[0]) & (sessions <= bars.sessions[-1])]
        if instrument.listed is not None:
            inside = inside[inside >= np.datetime64(instrument.listed)]
        return CodeStatus(
            code,
            source=manifest.current,
            version=revision.version,
            first=revision.first,
            last=revision.last,
            rows=revision.rows,
            holes=tuple(np.setdiff1d(inside, bars.sessions).astype(str).tolist()),
            suspended=int(bars.suspended.sum()),
            checked=revision.fetched_at,
            errors=revision.errors,
            warnings=revision.warnings,
            agreements=tuple(_agreement(one) for one in manifest.agreements.values()),
            facts=tuple(sorted(one.source for one in read_facts(store, code) if one)),
            unknowns=as_stated(instrument, bars, sessions).unknowns,
        )
    except LaunchlabError as error:
        return CodeStatus(code, fault=str(error))


def _agreement(row: Mapping[str, Any]) -> str:
    return f"{row['equal_closes']} of {row['common']} closes as in {row['second']}"
