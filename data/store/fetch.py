"""Ask a provider for many codes and keep what comes, code by code.

A code that fails loses nothing of the others; what is in the store already is not asked for again; a killed fetch is
resumed by running it again.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from ..bars.bars import COLUMNS, Bars
from ..bars.checks import check_bars, errors_of
from ..bars.reconcile import PREFERENCE
from ..calendars.sessions import calendar
from ..doors import is_file
from ..errors import FetchError, LaunchlabError
from ..instruments.table import Instrument
from ..providers.provider import Provider
from .manifest import Revision
from .store import Asked, Store, default_store

CHINA_TIME = timezone(timedelta(hours=8))
# A provider's bar of today is final some time after the last close (16:00, closing auction to 16:10).
FINAL_HOUR = 18

FETCHED, KEPT, FAILED = "fetched", "kept", "failed"


@dataclass(frozen=True)
class FetchOutcome:
    """What became of one code: `status` fetched, kept (already in the store) or failed, and why in `message`."""

    code: str
    status: str
    message: str
    revision: Revision | None = None

    def to_json(self) -> dict[str, object]:
        row: dict[str, object] = {"code": self.code, "status": self.status, "message": self.message}
        if self.revision is not None:
            row |= {name: getattr(self.revision, name) for name in ("rows", "first", "last", "provider")}
            row |= {
                name: getattr(self.revision, name) for name in ("errors", "warnings", "changed", "removed")
            }
        return row

    def __str__(self) -> str:
        return f"{self.code:<10} {self.status:<8} {self.message}"


@dataclass(frozen=True)
class FetchReport:
    """Outcomes in the order of the codes asked for, names that are no codes, and the folder of the store."""

    outcomes: tuple[FetchOutcome, ...]
    warnings: tuple[str, ...] = ()
    store: Path | None = None

    def of(self, status: str) -> tuple[FetchOutcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)

    @property
    def complete(self) -> bool:
        return not self.of(FAILED)

    def to_json(self) -> dict[str, object]:
        counts = {status: len(self.of(status)) for status in (FETCHED, KEPT, FAILED)}
        return {**counts, "codes": [outcome.to_json() for outcome in self.outcomes]}

    @property
    def counts(self) -> str:
        """`2 fetched, 0 kept, 0 failed`."""
        return ", ".join(f"{len(self.of(status))} {status}" for status in (FETCHED, KEPT, FAILED))

    def __str__(self) -> str:
        return "\n".join([*(str(outcome) for outcome in self.outcomes), self.counts])


def fetch(
    instruments: Sequence[Instrument],
    span: tuple[date, date],
    *,
    provider: Provider,
    store: Store,
    refresh: bool = False,
    on_progress: Callable[[int, int, FetchOutcome], None] | None = None,
) -> FetchReport:
    """Bring the bars of `span` (both days included) into the store; never raises for one code's failure.

    `refresh` asks again for what is stored. `on_progress` is called after each code with how many are done, of how
    many, and its outcome, from the calling thread.
    """
    if span[1] < span[0]:
        raise FetchError(f"the span ends on {span[1]}, before it starts on {span[0]}; swap `start` and `end`")
    unique = list({instrument.code: instrument for instrument in instruments}.values())
    for exchange in {instrument.exchange for instrument in unique}:
        # Built before there are threads: the library's start-up is not safe among them.
        calendar(exchange)
    outcomes: dict[str, FetchOutcome] = {}
    with ThreadPoolExecutor(max_workers=max(1, provider.parallel)) as pool:
        waiting: set[Future[FetchOutcome]] = {
            pool.submit(_fetch_one, instrument, span, provider, store, refresh) for instrument in unique
        }
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = future.result()
                    outcomes[outcome.code] = outcome
                    if on_progress is not None:
                        on_progress(len(outcomes), len(unique), outcome)
        finally:
            pool.shutdown(cancel_futures=True)
            provider.close()
    return FetchReport(tuple(outcomes[instrument.code] for instrument in unique))


def _fetch_one(
    instrument: Instrument, span: tuple[date, date], provider: Provider, store: Store, refresh: bool
) -> FetchOutcome:
    code = instrument.code
    try:
        manifest = store.manifest(code)
        stored = manifest.asked.get(provider.name) if manifest else None
        first, last = span[0], min(span[1], last_final_day())
        if manifest and stored and not refresh and stored[0] <= str(first) and str(last) <= stored[1]:
            revision = manifest.latest(provider.name)
            if revision is not None and revision.file and is_file(store.folder(code) / revision.file):
                return FetchOutcome(
                    code, KEPT, f"{revision.rows} bars, {revision.first} to {revision.last}", revision
                )
        if stored:
            # Never leave a hole between what is stored and what is added.
            first = min(first, date.fromisoformat(stored[1]) + timedelta(days=1))
            last = max(last, date.fromisoformat(stored[0]) - timedelta(days=1))
        bars = provider.bars(instrument, first, last).between(first, last)
        if not len(bars):
            raise FetchError(f"{code}: {provider.name} has no bars from {first} to {last}; widen the dates")
        bars = _one_a_session(bars)
        revision = store.add(
            bars, _asked(bars, instrument, first, last), preference=PREFERENCE.get(instrument.exchange, ())
        )
    except LaunchlabError as error:
        return FetchOutcome(code, FAILED, str(error))
    return FetchOutcome(code, FETCHED, _summary(code, revision, bars, store.root), revision)


def _one_a_session(bars: Bars) -> Bars:
    """The bars as the store will keep them, oldest first; two different ones of a session are a FetchError."""
    tidy = bars.tidy()
    kept = np.searchsorted(tidy.sessions, bars.sessions)
    differs = np.zeros(len(bars), bool)
    for name in COLUMNS[1:]:
        given, held = getattr(bars, name).astype(np.float64), getattr(tidy, name).astype(np.float64)[kept]
        differs |= ~((given == held) | (np.isnan(given) & np.isnan(held)))
    if differs.any():
        raise FetchError(
            f"{bars.code}: two different bars of {bars.sessions[differs][0]}; delete the wrong one"
        )
    return tidy


def _asked(bars: Bars, instrument: Instrument, first: date, last: date) -> Asked:
    findings = check_bars(bars, instrument, calendar=calendar(instrument.exchange).sessions)
    errors = len(errors_of(findings))
    return Asked(str(first), str(last), _now().isoformat(timespec="seconds"), errors, len(findings) - errors)


def _summary(code: str, revision: Revision, bars: Bars, store: Path) -> str:
    text = f"{revision.rows} bars, {revision.first} to {revision.last}"
    if revision.changed or revision.removed:
        text += f"; the past changed: {revision.changed} changed, {revision.removed} removed ({revision.notes[0]})"
    if bars.source.get("unread"):
        text += f"; columns that nobody understands were left out: {bars.source['unread']}"
    if bars.source.get("left_out"):
        text += f"; left out, being in another currency: {bars.source['left_out']}"
    if revision.errors:
        wrong = "1 error" if revision.errors == 1 else f"{revision.errors} errors"
        where = "" if store == default_store() else f", prices='{store}'"
        text += f"; {wrong} in the bars: `ll.check('{code}'{where})` says which"
    return text


def last_final_day(now: datetime | None = None) -> date:
    """The last day whose bar cannot change any more: today only after FINAL_HOUR, China time."""
    here = (now or datetime.now(UTC)).astimezone(CHINA_TIME)
    return here.date() if here.hour >= FINAL_HOUR else here.date() - timedelta(days=1)


def _now() -> datetime:
    """The moment recorded in the manifest; SOURCE_DATE_EPOCH makes it repeatable."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
