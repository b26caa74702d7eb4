"""Minute bars in the store: what is kept, what is asked again, and what a killed or failing write leaves."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

import launchlab as ll
from launchlab.data.errors import ConfigError, DataError, FetchError, SourceError, StoreError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.market.fetch_minutes import days_of
from launchlab.data.minutes.read import MinuteRows, content_to_rows
from launchlab.data.providers.chain import Chain
from launchlab.data.store import lock
from launchlab.data.store.minutes import Series, StoredMinutes
from launchlab.data.store.minutes_fetch import fetch_minutes_into
from launchlab.data.store.store import Store

from ...markets.minute_files import HEAD, session_text

CODE = "600589.SS"
BOOK = load_instruments()
DAYS = (date(2026, 2, 6), date(2026, 2, 9), date(2026, 3, 2))
LEDGER = """\
id,announced_at,precision,company,product,kind,codes,source,note
one,2026-02-09T10:05+08:00,exact,Acme,One,launch,600589.SS:pure_play,https://example.org,
two,2026-02-13T20:00+08:00,exact,Acme,Two,launch,600589.SS:pure_play;0700.HK:rival,https://example.org,
"""


def rows_of(*days: date, last: float = 10.6) -> MinuteRows:
    text = HEAD + "".join(session_text(str(day), first=10.0, last=last) for day in days)
    source = {"provider": "own", "version": "own 1", "stamps": "end"}
    return replace(content_to_rows(text.encode(), "own.csv", CODE), source=source)


class Own:
    """A source of fifteen-minute bars of its `days`; `asked` holds each question."""

    name, parallel = "own", 1
    gives = MappingProxyType({"XSHG": frozenset({"bars"})})
    minute_lengths = MappingProxyType({"XSHG": (15,)})

    def __init__(self, *days: date, last: float = 10.6, fault: Exception | None = None) -> None:
        self.days, self.last, self.fault = days, last, fault
        self.asked: list[tuple[date, date]] = []

    def minutes(self, instrument: object, start: date, end: date, length: int) -> MinuteRows:
        self.asked.append((start, end))
        if self.fault:
            raise self.fault
        inside = [day for day in self.days if start <= day <= end]
        if not inside:
            raise FetchError(f"{CODE}: own has nothing from {start} to {end}")
        return rows_of(*inside, last=self.last)

    def bars(self, *_: object) -> None:
        raise AssertionError("no daily bars are asked for")

    def close(self) -> None:
        pass


def fetched(place: Path, *sources: Own, days: tuple[date, ...] = DAYS, refresh: bool = False):
    named = {source.name: source for source in sources}
    return fetch_minutes_into(
        [(BOOK[CODE], days)],
        15,
        provider=Chain(named, asked=tuple(named) if len(named) == 1 else ()),
        store=Store(place),
        refresh=refresh,
    ).outcomes[0]


def sessions(place: Path) -> list[str]:
    (rows,) = StoredMinutes(Store(place)).read(CODE)
    return np.unique(rows.day).astype(str).tolist()


def test_only_the_sessions_that_are_needed_are_asked_for_and_kept(tmp_path: Path) -> None:
    source = Own(date(2026, 2, 6), date(2026, 2, 7), date(2026, 2, 9), date(2026, 3, 2))
    outcome = fetched(tmp_path, source)
    assert source.asked == [(DAYS[0], DAYS[1]), (DAYS[2], DAYS[2])]
    assert outcome.status == "fetched"
    assert "48 bars of 15 minutes for 3 sessions; from own" in outcome.message
    assert sessions(tmp_path) == [str(day) for day in DAYS]
    (rows,) = StoredMinutes(Store(tmp_path)).read(CODE)
    expected = rows_of(*DAYS)
    assert all(
        np.array_equal(getattr(rows, name), getattr(expected, name)) for name in ("stamp", "close", "amount")
    )
    assert rows.source["stamps"] == "end"


def test_what_is_stored_is_kept_and_a_wider_span_asks_for_the_rest_only(tmp_path: Path) -> None:
    fetched(tmp_path, Own(*DAYS), days=DAYS[:2])
    again = Own(*DAYS)
    assert fetched(tmp_path, again, days=DAYS[:2]).status == "kept"
    assert again.asked == []
    assert fetched(tmp_path, again).status == "fetched"
    assert again.asked == [(DAYS[2], DAYS[2])]
    assert sessions(tmp_path) == [str(day) for day in DAYS]
    assert len(list(tmp_path.rglob("*.parquet"))) == 1, "an extension takes the place of the file before"


def test_a_change_of_the_past_is_told_and_keeps_both_revisions(tmp_path: Path) -> None:
    fetched(tmp_path, Own(*DAYS))
    outcome = fetched(tmp_path, Own(*DAYS[:2], last=10.5), refresh=True)
    assert "2 stored sessions changed, 2026-02-06 first" in outcome.message
    assert sessions(tmp_path) == [str(day) for day in DAYS], "what the source no longer has is kept"
    assert len(list(tmp_path.rglob("*.parquet"))) == 2


def test_what_one_source_does_not_have_goes_to_the_next(tmp_path: Path) -> None:
    first, second = Own(DAYS[0]), Own(*DAYS)
    second.name = "second"
    outcome = fetched(tmp_path, first, second)
    assert second.asked == [(DAYS[2], DAYS[2])], "a session inside an answer without bars was a halt"
    assert "own: 600589.SS: own has nothing from 2026-03-02 to 2026-03-02" in outcome.message
    assert [one.provider for one in StoredMinutes(Store(tmp_path)).series(CODE)] == ["own", "second"]


def test_a_session_that_no_source_has_is_told_and_asked_again(tmp_path: Path) -> None:
    outcome = fetched(tmp_path, Own(*DAYS[:2]))
    assert (outcome.status, "1 sessions are missing, 2026-03-02 first" in outcome.message) == (
        "fetched",
        True,
    )
    later = Own(*DAYS)
    fetched(tmp_path, later)
    assert later.asked == [(DAYS[2], DAYS[2])]


@pytest.mark.parametrize("fault", [FetchError("nothing"), SourceError("no network")])
def test_a_failure_writes_nothing(tmp_path: Path, fault: Exception) -> None:
    outcome = fetched(tmp_path, Own(fault=fault))
    assert outcome.status == "failed"
    assert str(fault) in outcome.message
    assert StoredMinutes(Store(tmp_path)).codes() == ()


def test_a_length_that_nobody_has_is_said(tmp_path: Path) -> None:
    report = fetch_minutes_into(
        [(BOOK[CODE], DAYS)], 1, provider=Chain({"own": Own()}, asked=("own",)), store=Store(tmp_path)
    )
    assert "no source that is asked has bars of 1 minutes (own has 15)" in report.outcomes[0].message


def test_a_full_disk_leaves_the_old_state_and_the_next_fetch_completes_it(
    tmp_path: Path, monkeypatch
) -> None:
    fetched(tmp_path / "whole", Own(*DAYS))
    fetched(tmp_path / "cut", Own(*DAYS), days=DAYS[:1])
    before = sessions(tmp_path / "cut")
    write = lock.write_whole
    for fails_at in range(2):
        count = iter(range(9))

        def full(path: Path, content: bytes, *, durable: bool, at: int = fails_at, count=count) -> None:
            if next(count) == at:
                raise OSError(28, "No space left on device")
            write(path, content, durable=durable)

        monkeypatch.setattr(lock, "write_whole", full)
        outcome = fetched(tmp_path / "cut", Own(*DAYS))
        assert outcome.status == "failed"
        assert "free some space" in outcome.message
        assert sessions(tmp_path / "cut") == before
    monkeypatch.setattr(lock, "write_whole", write)
    fetched(tmp_path / "cut", Own(*DAYS))
    assert sessions(tmp_path / "cut") == sessions(tmp_path / "whole")
    assert len(list((tmp_path / "cut").rglob("*.parquet"))) == 1, "what nobody names is cleared away"


@pytest.mark.parametrize("damage", ["file", "manifest"])
def test_damage_is_one_sentence(tmp_path: Path, damage: str) -> None:
    fetched(tmp_path, Own(*DAYS))
    folder = StoredMinutes(Store(tmp_path)).folder(CODE)
    path = next(folder.glob("*.parquet")) if damage == "file" else folder / "manifest.json"
    path.write_bytes(b"{}" if damage == "manifest" else b"PAR1")
    with pytest.raises(StoreError, match="damaged"):
        StoredMinutes(Store(tmp_path)).read(CODE)
    if damage == "file":
        assert fetched(tmp_path, Own(*DAYS), refresh=True).status == "fetched"
        assert sessions(tmp_path) == [str(day) for day in DAYS]


def test_the_sessions_of_launches_are_those_in_which_they_can_first_be_traded(tmp_path: Path) -> None:
    (tmp_path / "launches.csv").write_text(LEDGER)
    launches = ll.load_launches(tmp_path / "launches.csv")
    wanted = {one.code: [str(day) for day in days] for one, days in days_of(launches, BOOK, (), 2)}
    # The second came after the closes of a Friday before the holidays; Shanghai opens on the 24th, Hong Kong on the 16th.
    assert wanted[CODE] == ["2026-02-09", "2026-02-10", "2026-02-24", "2026-02-25"]
    assert wanted["0700.HK"] == ["2026-02-16", "2026-02-20"]
    assert [one.code for one, _ in days_of(launches, BOOK, (CODE,), 1)] == [CODE]
    with pytest.raises(ConfigError, match=r"no launch of the ledger could be traded in 9988\.HK"):
        days_of(launches, BOOK, ("9988.HK",), 1)


def test_a_run_and_a_check_read_the_finest_bars_of_each_session(tmp_path: Path) -> None:
    store, source = tmp_path / "store", {"provider": "own", "version": "own 1"}
    place = StoredMinutes(Store(store))
    five = content_to_rows(
        (HEAD + session_text("2026-02-09", length=5, stamp="start", last=10.6, volume=16_000 / 48)).encode(),
        "five.csv",
        CODE,
    )
    for length, stamps, rows in ((15, "end", rows_of(*DAYS[:2])), (5, "start", five)):
        held = replace(rows, source=source | {"stamps": stamps})
        place.add(held, Series("own", length, stamps), [], "2026-03-03T00:00:00+00:00")
    bars = tmp_path / "bars"
    bars.mkdir()
    daily = "".join(
        f"{day},10.0,10.6,10.0,10.6,16000,10.0\n" for day in ("2026-02-06", "2026-02-09", "2026-02-10")
    )
    (bars / f"{CODE}.csv").write_text("date,open,high,low,close,volume,pre_close\n" + daily)
    (tmp_path / "launches.csv").write_text(LEDGER)
    market = ll.load_market(
        launches=tmp_path / "launches.csv", prices=bars, minutes=store, benchmark="none", universe="none", currency="CNY"
    )  # fmt: skip
    panel = market.panel
    assert [len(panel.minutes.of(panel.row(day), 0)) for day in ("2026-02-06", "2026-02-09")] == [16, 48]
    assert [row["minutes"] for row in panel.provenance if "minutes" in row] == [5, 15]
    assert ll.check(prices=bars, minutes=store).errors == ()
    Store(tmp_path / "empty").locked(tmp_path / "empty" / "codes")
    with pytest.raises(DataError, match="has no minute bars; bring them with"):
        ll.check(prices=bars, minutes=tmp_path / "empty")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"length": 2}, "bars are of one of 1, 5, 15, 30, 60 minutes"),
        ({"sessions": 0}, "1 or more"),
        ({"end": "2026-02-09"}, "give its `start`"),
        ({"start": "2026-02-09", "sessions": 2}, "leave one out"),
        ({"start": "2026-02-09"}, "name the codes"),
        ({"codes": CODE, "start": "2026-02-07", "end": "2026-02-08"}, "has no session"),
        ({"provider": "files"}, "name their folder with `minutes`"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(tmp_path: Path, asked: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        ll.fetch_minutes(**asked, store=tmp_path)
