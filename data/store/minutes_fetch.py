"""Ask sources for the minute bars of some sessions of many codes, and keep what comes, code by code.

Only sessions that are not stored are asked for, days close to each other at once; what one source does not have goes to
the next. A killed fetch is resumed by running it again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from ..calendars.hours import last_final_day
from ..errors import FetchError, LaunchlabError, SourceError
from ..instruments.table import Instrument
from ..minutes.read import MinuteRows
from ..providers.chain import Chain
from ..providers.provider import MinuteSource
from .health import Health
from .lock import tidy
from .minutes import Series, StoredMinutes
from .outcome import FAILED, FETCHED, KEPT, FetchOutcome, FetchReport, Tried
from .series import moment
from .store import Store

NEAR = timedelta(days=5)  # days so close to each other are one question
ROWS = ("day", "stamp", "open", "high", "low", "close", "volume", "amount")


def fetch_minutes_into(
    wanted: Sequence[tuple[Instrument, Sequence[date]]],
    length: int,
    *,
    provider: Chain,
    store: Store,
    refresh: bool = False,
    on_progress: Callable[[int, int, FetchOutcome], None] | None = None,
) -> FetchReport:
    """Bring bars of `length` minutes of the `wanted` sessions into the store; never raises for one code's failure.

    `refresh` asks again for what is stored. `on_progress` is called after each code with how many are done, of how many, and
    its outcome.
    """
    tidy(store.root)
    work = _Work(provider, StoredMinutes(store), length, refresh, Health(store.root))
    outcomes: list[FetchOutcome] = []
    try:
        for instrument, days in wanted:
            try:
                outcomes.append(work.outcome(instrument, days))
            except LaunchlabError as error:
                outcomes.append(FetchOutcome(instrument.code, FAILED, str(error)))
            if on_progress is not None:
                on_progress(len(outcomes), len(wanted), outcomes[-1])
    finally:
        provider.close()
    return FetchReport(tuple(outcomes))


@dataclass
class _Turn:
    """One code on its way through the sources: the sessions still to be asked for, what came, and what did not."""

    instrument: Instrument
    left: list[date]
    tried: list[Tried] = field(default_factory=list)
    got: list[Series] = field(default_factory=list)
    came: int = 0

    def outcome(self, status: str, message: str, **more: Any) -> FetchOutcome:
        return FetchOutcome(self.instrument.code, status, message, tried=tuple(self.tried), **more)


@dataclass
class _Work:
    """A fetch of minutes under way."""

    chain: Chain
    stored: StoredMinutes
    length: int
    refresh: bool
    health: Health

    def outcome(self, instrument: Instrument, days: Sequence[date]) -> FetchOutcome:
        """What becomes of one code."""
        final = [day for day in sorted(set(days)) if day <= last_final_day()]
        if not final:
            raise FetchError(
                f"{instrument.code}: none of its {len(days)} sessions is over; minutes of a session are final in its evening"
            )
        names = self._names(instrument)
        turn = _Turn(instrument, self._missing(instrument.code, names, final))
        if not turn.left:
            return self._kept(turn, names)
        for name in names:
            if turn.left:
                self._from(turn, name)
        return self._told(turn, final)

    def _names(self, instrument: Instrument) -> list[str]:
        """The sources that have bars of this length, in order; a FetchError says what there is where none has."""
        has: dict[str, tuple[int, ...]] = {}
        for name in self.chain.of(instrument):
            source = self.chain.sources[name]
            if isinstance(source, MinuteSource):
                has[name] = source.minute_lengths.get(instrument.exchange, ())
        found = [name for name, lengths in has.items() if self.length in lengths]
        if found:
            return found
        told = [
            f"{name} has {', '.join(map(str, lengths))}" if lengths else f"{name} has none of the exchange"
            for name, lengths in has.items()
        ]
        told += [f"{name}: {why}" for name, why in self.chain.skipped.items()]
        where = f" ({'; '.join(told)})" if told else ""
        raise FetchError(
            f"{instrument.code}: no source that is asked has bars of {self.length} minutes"
            f"{where}; give them as files with `minutes` of a run"
        )

    def _missing(self, code: str, names: Sequence[str], days: list[date]) -> list[date]:
        """The sessions that no stored series of these sources has been asked for."""
        if self.refresh:
            return days
        known = {day for one in self._series(code) if one.provider in names for day in one.asked}
        return [day for day in days if str(day) not in known]

    def _series(self, code: str) -> list[Series]:
        return [one for one in self.stored.series(code) if one.length == self.length]

    def _from(self, turn: _Turn, name: str) -> None:
        """Ask one source for what is left of a code, and keep what it has."""
        instrument, source = turn.instrument, self.chain.sources[name]
        assert isinstance(source, MinuteSource)
        if self.chain.chooses and (why := self.health.resting(name)):
            turn.tried.append(Tried(name, why))
            return
        answers: list[MinuteRows] = []
        answered: list[date] = []
        for part in together(turn.left):
            try:
                answers.append(source.minutes(instrument, part[0], part[-1], self.length))
                answered += part
            except SourceError as error:
                self.health.failed(name, str(error))
                turn.tried.append(Tried(name, str(error)))
                break
            except FetchError as error:
                turn.tried.append(Tried(name, str(error)))
        if not answers:
            return
        self.health.answered(name)
        rows = _of_days(answers, answered)
        if len(rows):
            series = Series(name, self.length, str(rows.source["stamps"]))
            turn.got.append(self.stored.add(rows, series, [str(day) for day in answered], moment()))
            turn.came += len(rows)
            turn.left = [day for day in turn.left if day not in answered]
        else:
            turn.tried.append(Tried(name, f"{instrument.code}: {name} has no bar of the sessions asked for"))

    def _kept(self, turn: _Turn, names: Sequence[str]) -> FetchOutcome:
        have = [one for one in self._series(turn.instrument.code) if one.provider in names and one.latest]
        latest = have[0].latest if have else None
        said = (
            f"{latest.rows} bars of {self.length} minutes, {latest.first} to {latest.last}" if latest else ""
        )
        return turn.outcome(KEPT, said, revision=latest, source=have[0].provider if have else "")

    def _told(self, turn: _Turn, final: list[date]) -> FetchOutcome:
        """The outcome, with why some sessions are left where others came."""
        reasons = "; ".join(f"{one.source}: {one.reason}" for one in turn.tried)
        if not turn.got:
            return turn.outcome(FAILED, reasons)
        names = ", ".join(one.provider for one in turn.got)
        latest = turn.got[0].latest
        said = f"{turn.came} bars of {self.length} minutes for {len(final) - len(turn.left)} sessions; from {names}"
        if latest and latest.changed:
            said += f"; {latest.changed} stored sessions changed, {latest.notes[0]} first"
        if turn.left:
            said += f"; {len(turn.left)} sessions are missing, {turn.left[0]} first"
        said += "".join(f"; {one.source}: {one.reason}" for one in turn.tried)
        return turn.outcome(FETCHED, said, revision=latest, source=turn.got[0].provider)


def together(days: Sequence[date]) -> list[list[date]]:
    """Ascending days in groups, each of which is one question.

    >>> [len(group) for group in together([date(2026, 2, 6), date(2026, 2, 9), date(2026, 3, 2)])]
    [2, 1]
    """
    groups: list[list[date]] = []
    for day in days:
        if groups and day - groups[-1][-1] <= NEAR:
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def _of_days(answers: Sequence[MinuteRows], days: Sequence[date]) -> MinuteRows:
    """The answers as one, of these days only."""
    columns: Mapping[str, Any] = {
        name: np.concatenate([getattr(one, name) for one in answers]) for name in ROWS
    }
    held = np.isin(columns["day"], np.array(days, "M8[D]"))
    return replace(answers[0], **{name: values[held] for name, values in columns.items()})
