"""How each source has fared: when it last answered, when it last did not, and until when it is left in peace.

A small file in the store, `sources.json`, replaced whole after each change. Losing it loses no bar.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..doors import exists, read_json
from ..errors import StoreError
from .lock import Lock, keep_file

FILE = "sources.json"
FORMAT = 1
# So many failures in a row that are the source's own open the circuit; each further one doubles the rest.
TOLERATED = 3
FIRST_REST, LONGEST_REST = timedelta(minutes=15), timedelta(hours=24)


@dataclass(frozen=True)
class SourceHealth:
    """One source: moments in ISO (UTC), '' where there was none; `failures` in a row, and what the last one was."""

    last_success: str = ""
    last_failure: str = ""
    failures: int = 0
    reason: str = ""
    open_until: str = ""

    def rests(self, now: datetime) -> bool:
        """Whether the circuit is open: the source is not asked unless nothing else is left."""
        return bool(self.open_until) and now < datetime.fromisoformat(self.open_until)


@dataclass
class Health:
    """The health of all sources of a store; safe among threads. `clock` gives the moment."""

    root: Path
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _known: dict[str, SourceHealth] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, name: str) -> SourceHealth:
        """What is known of a source."""
        with self._lock:
            return self._read().get(name, SourceHealth())

    def all(self) -> Mapping[str, SourceHealth]:
        """Every source that was asked, by name."""
        with self._lock:
            return dict(sorted(self._read().items()))

    def resting(self, name: str) -> str:
        """Why a source is not asked now, in words; '' where it is."""
        known = self.of(name)
        if not known.rests(self.clock()):
            return ""
        return f"not asked until {known.open_until}, after {known.failures} failures in a row, the last: {known.reason}"

    def answered(self, name: str) -> None:
        """Note that a source answered; its circuit closes."""
        self._set(name, lambda known: replace(known, last_success=self._now(), failures=0, open_until=""))

    def failed(self, name: str, reason: str) -> None:
        """Note that a source did not answer; after TOLERATED in a row it is left in peace, longer each time."""

        def worse(known: SourceHealth) -> SourceHealth:
            failures = known.failures + 1
            over = failures - TOLERATED
            until = ""
            if over >= 0:
                rest = min(FIRST_REST * 2 ** min(over, 10), LONGEST_REST)
                until = (self.clock() + rest).isoformat(timespec="seconds")
            return replace(
                known, last_failure=self._now(), failures=failures, reason=reason[:300], open_until=until
            )

        self._set(name, worse)

    def _now(self) -> str:
        return self.clock().isoformat(timespec="seconds")

    def _set(self, name: str, change: Callable[[SourceHealth], SourceHealth]) -> None:
        with self._lock:
            known = self._read()
            known[name] = change(known.get(name, SourceHealth()))
            rows = {one: asdict(row) for one, row in sorted(known.items())}
            content = json.dumps({"format": FORMAT, "sources": rows}, indent=1, ensure_ascii=False) + "\n"
            with Lock(self.root):
                keep_file(self.root / FILE, content.encode(), durable=False)

    def _read(self) -> dict[str, SourceHealth]:
        """What the file says, read once; a file that cannot be understood counts as none, for nothing hangs on it."""
        if self._known is None:
            self._known = {}
            if exists(self.root / FILE):
                try:
                    rows = read_json(self.root / FILE, error=StoreError, advice="delete it")["sources"]
                    self._known = {str(name): _row(row) for name, row in rows.items()}
                except (StoreError, AttributeError, KeyError, TypeError, ValueError):
                    self._known = {}
        return self._known


def _row(row: Mapping[str, Any]) -> SourceHealth:
    known = SourceHealth(**row)
    if known.open_until:
        datetime.fromisoformat(known.open_until)
    return replace(known, failures=int(known.failures))


def asked_first(names: Sequence[str], health: Health) -> tuple[tuple[str, ...], dict[str, str]]:
    """The names whose circuit is closed, and of the others why they are not asked; all, where none is closed."""
    rest = {name: why for name in names if (why := health.resting(name))}
    if len(rest) == len(names):
        return tuple(names), {}
    return tuple(name for name in names if name not in rest), rest
