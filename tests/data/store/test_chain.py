"""Several sources: each code goes on to the next, a series keeps one source, a broken source is left in peace."""

import datetime as dt
import hashlib
import json
import random
import threading
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.calendars.sessions import sessions
from launchlab.data.errors import ConfigError, FetchError, SourceError
from launchlab.data.instruments.facts import Facts
from launchlab.data.instruments.table import Instrument, load_instruments
from launchlab.data.patience import Busy, Patience
from launchlab.data.providers.chain import Chain
from launchlab.data.providers.choose import make_chain, make_provider, provider_names
from launchlab.data.providers.provider import Gives, Provider, gives
from launchlab.data.store.fetch import fetch
from launchlab.data.store.health import LONGEST_REST, TOLERATED, Health
from launchlab.data.store.known import read_facts
from launchlab.data.store.store import Store

TABLE = load_instruments()
SPAN = (date(2026, 2, 2), date(2026, 2, 13))
EVERYWHERE = gives(dict.fromkeys(("XHKG", "XSHG", "XSHE"), "bars"))
QUICK = Patience(attempts=6, first_pause=0.0001, longest_pause=0.001)


@dataclass
class Source:
    """A source whose flat price is its own; a share of its answers fails, drawn with a seed, before its retries."""

    name: str
    price: float = 50.0
    dead: bool = False
    faults: float = 0.0
    lacks: tuple[str, ...] = ()
    parallel: int = 3
    gives: Gives = field(default_factory=lambda: EVERYWHERE)
    asked: list[str] = field(default_factory=list)
    spans: list[tuple[date, date]] = field(default_factory=list)
    drawn: random.Random = field(default_factory=lambda: random.Random(7))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        self.asked.append(instrument.code)
        self.spans.append((start, end))
        if self.dead:
            raise SourceError(f"{instrument.code}: {self.name} did not answer")
        if instrument.code in self.lacks:
            raise FetchError(f"{instrument.code}: {self.name} has no such code")
        try:
            return QUICK.retrying()(self._answer, instrument, start, end)
        except Busy as error:
            raise SourceError(f"{instrument.code}: {self.name} failed with {error}") from None

    def _answer(self, instrument: Instrument, start: date, end: date) -> Bars:
        with self.lock:
            if self.drawn.random() < self.faults:
                raise Busy("half an answer")
        days = sessions(instrument.exchange, start, end)
        columns = dict.fromkeys(("open", "high", "low", "close"), np.full(len(days), self.price))
        columns |= {"date": days, "volume": np.arange(1.0, len(days) + 1)}
        return bars_from_columns(instrument.code, columns, {"provider": self.name, "version": "1"})

    def close(self) -> None:
        pass


def chain(*sources: Provider) -> Chain:
    names = tuple(one.name for one in sources)
    return Chain({one.name: one for one in sources}, order=dict.fromkeys(("XHKG", "XSHG", "XSHE"), names))


def run(sources, root, *codes, span=SPAN, **options):
    return fetch(
        [TABLE[code] for code in codes], span, provider=chain(*sources), store=Store(root), **options
    )


def digest(root: Path) -> dict[str, str]:
    """Every file of the codes of a store by its name."""
    files = sorted(path for path in (root / "codes").rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


SIXTY = tuple(f"{number:04d}.HK" for number in range(1, 41)) + tuple(
    f"600{number:03d}.SS" for number in range(20)
)


@pytest.mark.parametrize("seed", range(3))
def test_with_three_in_ten_answers_failing_sixty_codes_end_in_the_same_bytes(tmp_path, monkeypatch, seed):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1783000000")
    whole = run([Source("first"), Source("second")], tmp_path / "whole", *SIXTY)
    assert whole.complete
    failing = [Source("first", faults=0.3, drawn=random.Random(seed)), Source("second", faults=0.3)]
    report = run(failing, tmp_path / "failing", *SIXTY)
    assert report.complete, str(report)
    assert len(failing[0].asked) >= len(SIXTY)
    assert digest(tmp_path / "failing") == digest(tmp_path / "whole")


def test_a_code_that_one_source_lacks_comes_from_the_next_with_the_reason(tmp_path):
    report = run([Source("first", lacks=("0700.HK",)), Source("second")], tmp_path, "0700.HK", "9988.HK")
    tencent, alibaba = report.outcomes
    assert (tencent.source, alibaba.source) == ("second", "first")
    assert [(one.source, one.reason) for one in tencent.tried] == [
        ("first", "0700.HK: first has no such code")
    ]
    assert report.to_json()["codes"][0]["tried"] == [
        {"source": "first", "reason": "0700.HK: first has no such code"}
    ]
    assert report.to_json()["sources"] == {"first": 1, "second": 1}
    assert "from second; first: 0700.HK: first has no such code" in tencent.message


def test_a_code_that_all_sources_lack_ends_in_the_reason_of_each(tmp_path):
    lacking = [Source("first", lacks=("0700.HK",)), Source("second", lacks=("0700.HK",))]
    (outcome,) = run(lacking, tmp_path, "0700.HK").outcomes
    assert outcome.status == "failed"
    assert outcome.message == (
        "first: 0700.HK: first has no such code; second: 0700.HK: second has no such code"
    )


def test_a_dead_source_is_asked_a_few_times_and_then_left_in_peace(tmp_path):
    dead = Source("first", dead=True, parallel=1)
    report = run([dead, Source("second")], tmp_path, *SIXTY)
    assert report.complete
    assert report.sources == {"second": 60}
    assert len(dead.asked) == TOLERATED, "then its circuit is open"
    assert all("first" in outcome.message for outcome in report.outcomes)
    again = Source("first", dead=True)
    report = run([again, Source("second")], tmp_path, "0005.HK", "0941.HK")
    assert again.asked == [], "the circuit stays open in the next run"
    assert "not asked until" in report.outcomes[1].message


def test_when_every_source_rests_all_are_asked_all_the_same(tmp_path):
    health = Health(tmp_path)
    for _ in range(TOLERATED):
        health.failed("first", "gone")
    report = run([Source("first")], tmp_path, "0700.HK")
    assert report.complete
    assert Health(tmp_path).of("first").failures == 0


def test_a_stored_code_is_updated_from_the_source_of_its_series(tmp_path):
    run([Source("first", lacks=("0700.HK",)), Source("second")], tmp_path, "0700.HK")
    first, second = Source("first"), Source("second")
    (outcome,) = run([first, second], tmp_path, "0700.HK", span=(SPAN[0], date(2026, 3, 6))).outcomes
    assert outcome.source == "second"
    assert first.asked == []
    assert second.spans == [(SPAN[0], date(2026, 3, 6))]
    kept = run([Source("first"), Source("second")], tmp_path, "0700.HK").outcomes[0]
    assert (kept.status, kept.source) == ("kept", "second")


def test_another_source_takes_over_only_with_the_whole_series(tmp_path):
    run([Source("first")], tmp_path, "0700.HK")
    second = Source("second")
    (outcome,) = run(
        [Source("first", dead=True), second], tmp_path, "0700.HK", span=(SPAN[0], date(2026, 3, 6))
    ).outcomes
    assert second.spans == [(SPAN[0], date(2026, 3, 6))]
    assert "its whole series in the place of that from first" in outcome.message
    store = Store(tmp_path)
    assert store.read("0700.HK").source["provider"] == "second"
    assert str(store.read("0700.HK").sessions[-1]) == "2026-03-06"


def test_another_source_with_other_prices_does_not_take_over(tmp_path):
    run([Source("first")], tmp_path, "0700.HK")
    before = digest(tmp_path)
    later = (SPAN[0], date(2026, 3, 6))
    (outcome,) = run(
        [Source("first", dead=True), Source("second", price=60.0)], tmp_path, "0700.HK", span=later
    ).outcomes
    assert outcome.status == "failed"
    assert "second cannot take the place of first" in outcome.message
    assert "it has 10, 0 with the same close" in outcome.message
    assert digest(tmp_path) == before


def test_a_series_of_one_s_own_files_is_not_continued_by_another_source(tmp_path):
    run([Source("files")], tmp_path, "0700.HK")
    later = (SPAN[0], date(2026, 3, 6))
    (outcome,) = run([Source("first")], tmp_path, "0700.HK", span=later).outcomes
    assert "its stored series is from your own files" in outcome.message


def test_a_second_source_is_held_against_the_first_and_the_agreement_is_kept(tmp_path):
    (outcome,) = run([Source("first")], tmp_path, "0700.HK", compare=Source("second")).outcomes
    assert outcome.message.endswith("10 of 10 closes as in second")
    assert outcome.to_json()["agreement"]["equal_closes"] == 10
    store = Store(tmp_path)
    kept = store.manifest("0700.HK").agreements["first and second"]
    assert (kept["common"], kept["equal_closes"], kept["differences"]) == (10, 10, [])
    assert store.read("0700.HK").source["provider"] == "first", "the second is never read instead"
    (outcome,) = run([Source("first")], tmp_path, "0700.HK", compare=Source("third", price=51.0)).outcomes
    assert outcome.status == "kept"
    assert "0 of 10 closes as in third, first apart on 2026-02-02" in outcome.message
    (outcome,) = run([Source("first")], tmp_path, "0700.HK", compare=Source("gone", dead=True)).outcomes
    assert "not compared with gone: 0700.HK: gone did not answer" in outcome.message
    assert outcome.status == "kept"


def test_the_rest_of_a_source_doubles_up_to_a_day_and_ends_with_an_answer(tmp_path):
    now = dt.datetime(2026, 2, 12, 9, 0, tzinfo=dt.UTC)
    health = Health(tmp_path, clock=lambda: now)
    rests = []
    for _ in range(TOLERATED + 12):
        health.failed("first", "a rate limit (429)")
        until = health.of("first").open_until
        rests.append((dt.datetime.fromisoformat(until) - now).total_seconds() / 60 if until else 0.0)
    assert rests[: TOLERATED + 2] == [0.0, 0.0, 15.0, 30.0, 60.0]
    assert rests[-1] == LONGEST_REST.total_seconds() / 60
    assert "a rate limit (429)" in health.resting("first")
    again = Health(tmp_path, clock=lambda: now + 2 * LONGEST_REST)
    assert again.resting("first") == ""
    again.answered("first")
    assert again.of("first").failures == 0
    told = json.loads((tmp_path / "sources.json").read_text())
    assert told["sources"]["first"]["last_success"] == "2026-02-14T09:00:00+00:00"


@pytest.mark.parametrize("text", ["", "{", '{"sources": 3}', '{"sources": {"a": {"strange": 1}}}'])
def test_a_damaged_file_of_health_costs_nothing(tmp_path, text):
    (tmp_path / "sources.json").write_text(text)
    assert Health(tmp_path).of("a").failures == 0
    Health(tmp_path).failed("a", "x")
    assert Health(tmp_path).of("a").failures == 1


def test_names_in_a_row_are_a_chain_and_strange_ones_are_refused():
    made = make_chain("yahoo")
    assert (made.name, made.chooses) == ("yahoo", False)
    assert "auto" in provider_names()
    with pytest.raises(ConfigError, match="did you mean 'yahoo'"):
        make_chain("yaho,baostock")
    with pytest.raises(ConfigError, match="name it alone"):
        make_chain("auto,yahoo")
    with pytest.raises(ConfigError, match="names no provider"):
        make_chain(" , ")


def test_the_fittest_source_of_an_exchange_is_asked_first():
    made = make_chain("auto")
    assert made.of(TABLE["0700.HK"])[0] == "yahoo"
    assert made.of(TABLE["600519.SS"])[-1] == "yahoo"


def test_a_source_of_another_package_is_found_by_its_entry_point(monkeypatch):
    class Point:
        name, value = "private", "private:Source"

        def load(self):
            return lambda: Source("private")

    monkeypatch.setattr("launchlab.data.providers.choose.entry_points", lambda group: [Point()])
    assert make_provider("private").name == "private"
    assert "private" in make_chain("auto").sources
    monkeypatch.setattr(Point, "load", lambda self: dict)
    with pytest.raises(ConfigError, match="the provider private of private:Source has not all of name"):
        make_provider("private")
    monkeypatch.setattr(Point, "load", lambda self: lambda: 1 / 0)
    with pytest.raises(ConfigError, match=r"cannot be made \(ZeroDivisionError"):
        make_provider("private")


@dataclass
class Stating(Source):
    """A source that states a listing day as well, unless its `facts_fail`."""

    facts_fail: bool = False

    def facts(self, instrument: Instrument) -> Facts:
        if self.facts_fail:
            raise SourceError(f"{instrument.code}: {self.name} hung up")
        return Facts(instrument.code, self.name, listed=date(2004, 6, 16))


def test_facts_that_a_fetch_cut_short_did_not_bring_come_with_the_next_one(tmp_path):
    first = Stating("first", facts_fail=True)
    (outcome,) = run([first], tmp_path, "0700.HK").outcomes
    assert "no listing day or names: 0700.HK: first hung up" in outcome.message
    first.facts_fail = False
    for _ in range(2):
        (outcome,) = run([first, Source("second")], tmp_path, "0700.HK").outcomes
        assert outcome.status == "kept"
    assert [str(one.listed) for one in read_facts(Store(tmp_path), "0700.HK")] == ["2004-06-16"]
    assert first.asked == ["0700.HK"], "its bars were asked for once"


def test_equal_reasons_of_a_source_are_told_once_with_their_codes(tmp_path):
    first, second = Source("first", dead=True), Source("second", lacks=SIXTY[:1])
    report = run([first, second], tmp_path, *SIXTY[:30])
    told = {(one.source, one.reason): len(one.codes) for one in report.reasons}
    assert told == {("first", "first did not answer"): 30, ("second", "second has no such code"): 1}
    assert str(report.reasons[0]) == "first, 30 codes: first did not answer"
    assert str(report.reasons[1]) == f"second, {SIXTY[0]}: second has no such code"
    assert report.outcomes[0].brief == f"{SIXTY[0]}    failed   not from first, second"
    assert report.outcomes[1].brief.endswith("from second, not from first")
    assert "first did not answer" in str(report.outcomes[1])
    assert "first did not answer" in json.dumps(report.outcomes[1].to_json())
