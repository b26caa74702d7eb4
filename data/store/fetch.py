"""Ask sources for many codes and keep what comes, code by code.

A code that fails loses nothing of the others, and goes to the next source of the chain; what is in the store already
is not asked for again; a killed fetch is resumed by running it again.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from ..bars.reconcile import PREFERENCE, reconcile
from ..calendars.sessions import calendar
from ..errors import FetchError, LaunchlabError, SourceError, StoreError
from ..instruments.table import Instrument
from ..providers.chain import Chain, chain_of
from ..providers.provider import Provider
from .health import Health, asked_first
from .known import are_stated, bring_facts
from .lock import tidy
from .outcome import FAILED, FETCHED, KEPT, FetchOutcome, FetchReport, Tried
from .series import Span, bring, in_words, kept, moment, take_over
from .store import Store

OWN_FILES = "files"
# How often one source is asked for one code: a passing failure waits at the end of the queue once.
ROUNDS = 2


def fetch(
    instruments: Sequence[Instrument],
    span: Span,
    *,
    provider: Provider | Chain,
    store: Store,
    refresh: bool = False,
    compare: Provider | None = None,
    on_progress: Callable[[int, int, FetchOutcome], None] | None = None,
) -> FetchReport:
    """Bring the bars of `span` (both days included) into the store; never raises for one code's failure.

    `refresh` asks again for what is stored. `compare` is a second source, whose bars are stored beside and held against
    the first one's. `on_progress` is called after each code with how many are done, of how many, and its outcome, from
    the calling thread.
    """
    if span[1] < span[0]:
        raise FetchError(f"the span ends on {span[1]}, before it starts on {span[0]}; swap `start` and `end`")
    unique = list({instrument.code: instrument for instrument in instruments}.values())
    for exchange in {instrument.exchange for instrument in unique}:
        # Built before there are threads: the library's start-up is not safe among them.
        calendar(exchange)
    tidy(store.root)
    chain = provider if isinstance(provider, Chain) else chain_of(provider)
    work = _Work(chain, store, span, refresh, Health(store.root), compare)
    outcomes: dict[str, FetchOutcome] = {}
    try:
        for outcome in work.outcomes(unique):
            outcomes[outcome.code] = outcome
            if on_progress is not None:
                on_progress(len(outcomes), len(unique), outcome)
    finally:
        work.close()
    return FetchReport(tuple(outcomes[instrument.code] for instrument in unique))


@dataclass
class _Turn:
    """One code on its way through the sources that are still to be asked; `tried` are those behind it."""

    instrument: Instrument
    queue: list[str]
    tried: list[Tried] = field(default_factory=list)
    rounds: int = 0
    found: FetchOutcome | None = None

    def outcome(self, status: str, message: str, **more: Any) -> FetchOutcome:
        return FetchOutcome(self.instrument.code, status, message, tried=tuple(self.tried), **more)

    def failed(self) -> FetchOutcome:
        """No source is left: the reason of the one that was asked, or that of each."""
        told = [one.reason if len(self.tried) == 1 else f"{one.source}: {one.reason}" for one in self.tried]
        return self.outcome(FAILED, "; ".join(told))


@dataclass
class _Work:
    """A fetch under way: for each source a pool of as many threads as it may be asked from at once."""

    chain: Chain
    store: Store
    span: Span
    refresh: bool
    health: Health
    compare: Provider | None = None
    pools: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    waiting: dict[Future[FetchOutcome], _Turn] = field(default_factory=dict)
    resting: set[str] = field(default_factory=set)

    def outcomes(self, instruments: Sequence[Instrument]) -> Iterator[FetchOutcome]:
        """Each code's outcome as soon as it is known."""
        for instrument in instruments:
            try:
                yield from self._next(self._turn(instrument))
            except LaunchlabError as error:
                yield FetchOutcome(instrument.code, FAILED, str(error))
        while self.waiting:
            done, _ = wait(self.waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield from self._after(self.waiting.pop(future), future)

    def close(self) -> None:
        """Start nothing more, wait for what is being written, end the sessions with all sources."""
        for pool in self.pools.values():
            pool.shutdown(cancel_futures=True)
        self.chain.close()
        if self.compare is not None:
            self.compare.close()

    def _turn(self, instrument: Instrument) -> _Turn:
        """Whom to ask for a code: the source of its series first, and no source that is to be left in peace."""
        names = list(self.chain.of(instrument))
        before, turn = self._series(instrument), _Turn(instrument, names)
        if before and (stored := self._kept(turn, before)):
            if self._owes_facts(instrument.code, before):
                turn.queue = [before]
            else:
                turn.found = stored
            return turn
        if before == OWN_FILES:
            raise FetchError(
                f"{instrument.code}: its stored series is from your own files, which no other source continues; "
                "fetch it with `provider='files'`, or name the source that shall be read instead"
            )
        if before in names:
            turn.queue = [before, *(name for name in names if name != before)]
        elif before:
            turn.tried.append(Tried(before, self.chain.skipped.get(before, "not among the sources asked")))
        if not names:
            raise FetchError(
                f"{instrument.code}: no source that can be asked here has {instrument.exchange or 'such'} codes"
                f"{self._skipped()}; import its bars from files (`ll.fetch(provider='files')`)"
            )
        if self.chain.chooses:
            first, rest = asked_first(turn.queue, self.health)
            turn.queue = list(first)
            turn.tried += [Tried(name, why) for name, why in rest.items()]
        return turn

    def _skipped(self) -> str:
        told = "; ".join(f"{name}: {why}" for name, why in self.chain.skipped.items())
        return f" ({told})" if told else ""

    def _series(self, instrument: Instrument) -> str:
        """The source of a code's stored series, where the chain may choose another; else ''."""
        manifest = self.store.manifest(instrument.code) if self.chain.chooses else None
        return manifest.current if manifest is not None and manifest.latest() is not None else ""

    def _next(self, turn: _Turn) -> Iterator[FetchOutcome]:
        """Send a code to the first source of its queue; its outcome where it is known without asking."""
        if turn.found:
            yield from self._compared(turn)
        elif turn.queue:
            self._submit(turn.queue[0], self.chain.sources[turn.queue[0]], self._ask, turn)
        else:
            yield turn.failed()

    def _submit(
        self, name: str, provider: Provider, work: Callable[[_Turn], FetchOutcome], turn: _Turn
    ) -> None:
        if name not in self.pools:
            self.pools[name] = ThreadPoolExecutor(max_workers=max(1, provider.parallel))
        self.waiting[self.pools[name].submit(work, turn)] = turn

    def _ask(self, turn: _Turn) -> FetchOutcome:
        """Ask the first source of the queue, in one of its threads, and note how it fared. Its failures are raised."""
        name = turn.queue[0]
        try:
            found = self._asked(turn)
        except SourceError as error:
            self.health.failed(name, str(error))
            if self.chain.chooses and self.health.resting(name):
                self.resting.add(name)
            raise
        except StoreError:
            raise
        except LaunchlabError:
            self.health.answered(name)
            raise
        if found.status == FETCHED and name != OWN_FILES:
            self.health.answered(name)
        return found

    def _kept(self, turn: _Turn, name: str) -> FetchOutcome | None:
        """The outcome of a code whose bars from that source are stored already; None where they are to be asked for."""
        have = None if self.refresh else kept(self.store, turn.instrument.code, name, self.span)
        if have is None:
            return None
        whose = f" from {name}" if self.chain.chooses else ""
        said = f"{have.rows} bars, {have.first} to {have.last}{whose}"
        return turn.outcome(KEPT, said, revision=have, source=name)

    def _owes_facts(self, code: str, name: str) -> bool:
        """Whether a fetch was cut short before it kept the facts of a stored code, and its source can be asked."""
        source = self.chain.sources.get(name)
        return bool(source and not are_stated(self.store, code, source) and not self.health.resting(name))

    def _asked(self, turn: _Turn) -> FetchOutcome:
        instrument, provider = turn.instrument, self.chain.sources[turn.queue[0]]
        code = instrument.code
        mine = not self.chain.chooses or provider.name == self._series(instrument)
        if mine and (stored := self._kept(turn, provider.name)):
            owed = self._owes_facts(code, provider.name)
            told = self._facts(instrument, provider) if owed else ""
            return replace(stored, message=stored.message + told)
        if not self.chain.chooses:
            order = PREFERENCE.get(instrument.exchange, ())
            revision, bars = bring(instrument, self.span, provider, self.store, preference=order)
            said = in_words(code, revision, bars, self.store.root)
            said += self._facts(instrument, provider)
            return turn.outcome(FETCHED, said, revision=revision, source=provider.name)
        if provider.name in self.resting:
            raise _AtRest(self.health.resting(provider.name) or "left in peace after its failures")
        before = self._series(instrument)
        manifest = self.store.manifest(code)
        if manifest is None or before in ("", provider.name):
            revision, bars = bring(instrument, self.span, provider, self.store, preference=(provider.name,))
            whole = ""
        else:
            revision, bars = take_over(instrument, self.span, provider, self.store, manifest)
            whole = f", its whole series in the place of that from {before}"
        told = f"{in_words(code, revision, bars, self.store.root)}; from {provider.name}{whole}"
        told += "".join(f"; {one.source}: {one.reason}" for one in turn.tried)
        told += self._facts(instrument, provider)
        return turn.outcome(FETCHED, told, revision=revision, source=provider.name)

    def _facts(self, instrument: Instrument, provider: Provider) -> str:
        """Keep what a source states of a code beside its bars; '' or why that failed, which costs no bars."""
        try:
            bring_facts(self.store, instrument, provider, refresh=self.refresh)
        except LaunchlabError as error:
            if isinstance(error, SourceError):
                self.health.failed(provider.name, str(error))
            return f"; no listing day or names: {error}"
        return ""

    def _after(self, turn: _Turn, future: Future[FetchOutcome]) -> Iterator[FetchOutcome]:
        """What follows from an answer: the outcome, a comparison, another try, or the next source."""
        if turn.found:
            yield future.result()
            return
        name = turn.queue[0]
        try:
            turn.found = future.result()
        except _AtRest as rest:
            self._hand_on(turn, str(rest))
        except SourceError as error:
            turn.rounds += 1
            if not self.chain.chooses or turn.rounds >= ROUNDS or name in self.resting:
                self._hand_on(turn, str(error))
        except StoreError as error:  # of the store itself: no other source would mend it
            turn.tried.append(Tried(name, str(error)))
            turn.queue.clear()
        except LaunchlabError as error:
            self._hand_on(turn, str(error))
        yield from self._next(turn)

    def _hand_on(self, turn: _Turn, reason: str) -> None:
        turn.tried.append(Tried(turn.queue.pop(0), reason))
        turn.rounds = 0

    def _compared(self, turn: _Turn) -> Iterator[FetchOutcome]:
        """The outcome, or the second source asked before it is known."""
        found = turn.found
        if found is None:
            return
        if self.compare is None or self.compare.name == found.source:
            yield found
        else:
            self._submit(f"{self.compare.name} beside", self.compare, self._compare, turn)

    def _compare(self, turn: _Turn) -> FetchOutcome:
        """Bring the second source's bars beside the first one's, and keep how far they agree."""
        found, second = turn.found, self.compare
        if found is None or second is None:
            raise FetchError(f"{turn.instrument.code}: nothing to compare")
        code, order = turn.instrument.code, (found.source, second.name)
        try:
            if self.refresh or kept(self.store, code, second.name, self.span) is None:
                bring(turn.instrument, self.span, second, self.store, preference=order)
            pair = [self.store.read(code, name) for name in order]
            agreement = reconcile(pair[0], pair[1], turn.instrument, preference=order)
            self.store.note(agreement, moment())
        except LaunchlabError as error:
            return replace(found, message=f"{found.message}; not compared with {second.name}: {error}")
        return replace(found, message=f"{found.message}; {agreement}", agreement=agreement)


class _AtRest(Exception):
    """A source that is not asked now, although its turn would be; says why."""
