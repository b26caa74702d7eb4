"""One code from one source into the store: what is asked for, what is refused, what is kept.

One series has one source. A code that is stored already is updated from the source of its series; another source may
take its place only whole, from the first stored day on and in agreement with it.
"""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from ..bars.bars import COLUMNS, Bars
from ..bars.checks import check_bars, errors_of
from ..bars.reconcile import reconcile
from ..calendars.hours import last_final_day
from ..calendars.sessions import calendar
from ..doors import is_file
from ..errors import FetchError
from ..instruments.table import Instrument
from ..providers.proof import raw_proof
from ..providers.provider import Provider
from .manifest import Manifest, Revision
from .store import Asked, Store, default_store

# How much of a stored series another source must have, and agree with, to take its place.
ENOUGH = 0.98

Span = tuple[date, date]


def kept(store: Store, code: str, provider: str, span: Span) -> Revision | None:
    """The stored revision of a provider where it already answers `span`; else None."""
    manifest = store.manifest(code)
    stored = manifest.asked.get(provider) if manifest else None
    first, last = span[0], min(span[1], last_final_day())
    if manifest is None or stored is None or not (stored[0] <= str(first) and str(last) <= stored[1]):
        return None
    revision = manifest.latest(provider)
    there = revision is not None and revision.file and is_file(store.folder(code) / revision.file)
    return revision if there else None


def bring(
    instrument: Instrument, span: Span, provider: Provider, store: Store, *, preference: Sequence[str]
) -> tuple[Revision, Bars]:
    """Ask a provider for what of `span` is missing and add it to the store; FetchError where nothing comes of it.

    `preference` lists providers, most believed first, and decides which of several is read.
    """
    code = instrument.code
    manifest = store.manifest(code)
    stored = manifest.asked.get(provider.name) if manifest else None
    first, last = span[0], min(span[1], last_final_day())
    if stored:
        # Never leave a hole between what is stored and what is added.
        first = min(first, date.fromisoformat(stored[1]) + timedelta(days=1))
        last = max(last, date.fromisoformat(stored[0]) - timedelta(days=1))
    bars = answer(instrument, (first, last), provider)
    revision = store.add(bars, _asked(bars, instrument, first, last), preference=preference)
    return revision, bars


def take_over(
    instrument: Instrument, span: Span, provider: Provider, store: Store, manifest: Manifest
) -> tuple[Revision, Bars]:
    """The whole series of a stored code anew from another source, which is read from then on.

    FetchError where it lacks stored sessions or its closes are others: then nothing is written.
    """
    code, before = instrument.code, manifest.current
    asked = manifest.asked.get(before, (str(span[0]), str(span[1])))
    first = min(span[0], date.fromisoformat(asked[0]))
    last = max(min(span[1], last_final_day()), date.fromisoformat(asked[1]))
    bars = answer(instrument, (first, last), provider)
    found = reconcile(store.read(code, before), bars, instrument)
    stored = found.common + found.only_first
    if found.common < ENOUGH * stored or found.equal_closes < ENOUGH * found.common:
        raise FetchError(
            f"{code}: {provider.name} cannot take the place of {before}, whose series is stored: of its {stored} sessions "
            f"it has {found.common}, {found.equal_closes} with the same close; what is stored stays as it is"
        )
    lost = np.setdiff1d(store.read(code, before).actions["session"], bars.actions["session"])
    if len(lost):
        raise FetchError(
            f"{code}: {provider.name} cannot take the place of {before}, whose series is stored: it does not know the "
            f"action of {lost[0]}; what is stored stays as it is"
        )
    others = [name for name in dict.fromkeys(row.provider for row in manifest.revisions) if name != before]
    order = (provider.name, before, *(name for name in others if name != provider.name))
    return store.add(bars, _asked(bars, instrument, first, last), preference=order), bars


def answer(instrument: Instrument, span: Span, provider: Provider) -> Bars:
    """A provider's bars of `span`, in order, one a session; none, two of a session, and adjusted ones are FetchErrors."""
    code, (first, last) = instrument.code, span
    bars = provider.bars(instrument, first, last).between(first, last)
    if not len(bars):
        raise FetchError(f"{code}: {provider.name} has no bars from {first} to {last}; widen the dates")
    tidy = _one_a_session(bars)
    if not bars.source.get("accepted"):
        raw_proof(tidy, instrument, calendar(instrument.exchange).sessions)
    return tidy


def _one_a_session(bars: Bars) -> Bars:
    """The bars as the store will keep them, oldest first; two different ones of a session are a FetchError."""
    tidy = bars.tidy()
    held = np.searchsorted(tidy.sessions, bars.sessions)
    differs = np.zeros(len(bars), bool)
    for name in COLUMNS[1:]:
        given, stays = getattr(bars, name).astype(np.float64), getattr(tidy, name).astype(np.float64)[held]
        differs |= ~((given == stays) | (np.isnan(given) & np.isnan(stays)))
    if differs.any():
        raise FetchError(
            f"{bars.code}: two different bars of {bars.sessions[differs][0]}; delete the wrong one"
        )
    return tidy


def _asked(bars: Bars, instrument: Instrument, first: date, last: date) -> Asked:
    findings = check_bars(bars, instrument, calendar=calendar(instrument.exchange).sessions)
    errors = len(errors_of(findings))
    return Asked(str(first), str(last), moment(), errors, len(findings) - errors)


def in_words(code: str, revision: Revision, bars: Bars, store: Path) -> str:
    """How many bars came, of which days, and what is to be known about them."""
    text = f"{revision.rows} bars, {revision.first} to {revision.last}"
    if revision.changed or revision.removed:
        text += f"; the past changed: {revision.changed} changed, {revision.removed} removed ({revision.notes[0]})"
    if bars.source.get("unread"):
        text += f"; columns that nobody understands were left out: {bars.source['unread']}"
    if bars.source.get("left_out"):
        text += f"; left out, being in another currency: {bars.source['left_out']}"
    if bars.source.get("said"):
        text += f"; {bars.source['said']}"
    if revision.errors:
        wrong = "1 error" if revision.errors == 1 else f"{revision.errors} errors"
        where = "" if store == default_store() else f", prices='{store}'"
        text += f"; {wrong} in the bars: `ll.check('{code}'{where})` says which"
    return text


def moment() -> str:
    """The moment recorded in the manifest, ISO in UTC; SOURCE_DATE_EPOCH makes it repeatable."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return now.isoformat(timespec="seconds")
