"""A store's codes laid one at a time, or in shares by several processes: the panel is that of bars read beforehand."""

import weakref
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.bars.folder import BarsFolder
from launchlab.data.errors import DataError
from launchlab.data.panel import build, shares
from launchlab.data.panel.build import SAMPLE, PanelOptions, load_panel
from launchlab.data.panel.extent import Extent, stored_extents
from launchlab.data.panel.panel import Panel
from launchlab.data.store.store import Asked, Store

from ...markets.small_bars import bars

# With ex-dates, suspensions, two exchanges, and a stock of Beijing under its old code.
CODES = ("0700.HK", "2513.HK", "9988.HK", "688158.SS", "300364.SZ", "603533.SS")
OLD, NEW = "839493.BJ", "920493.BJ"
DAYS = ("2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12")


def put(store: Store, one: Bars) -> None:
    store.add(one, Asked(str(one.sessions[0]), str(one.sessions[-1]), "2026-07-01T00:00:00+00:00"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made, sample = Store(tmp_path / "store"), BarsFolder(SAMPLE)
    for code in CODES:
        put(made, sample.read(code))
    put(made, bars(OLD, ("2025-09-29", "2025-09-30"), [20.0, 20.5]))
    put(made, bars(NEW, ("2025-10-09", "2025-10-10"), [20.5, 21.0]))
    return made


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processes for whatever number of codes."""
    monkeypatch.setattr(shares, "_processes", lambda codes: 3)
    monkeypatch.setattr(shares, "AHEAD", 1)


def read_beforehand(store: Store, **options: object) -> Panel:
    codes = [*CODES, NEW]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "stored_extents", lambda *_: None)
        return load_panel(codes, prices=store, options=PanelOptions(**options))  # type: ignore[arg-type]


def assert_same(panel: Panel, other: Panel) -> None:
    for each in fields(Panel):
        mine, theirs = getattr(panel, each.name), getattr(other, each.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, each.name
            assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), each.name
        elif each.name in ("codes", "instruments", "unknowns", "simulated", "currencies", "beside"):
            assert mine == theirs, each.name
        elif each.name in ("provenance", "warnings"):
            assert [dict(row) for row in mine] == [dict(row) for row in theirs]


def test_bars_read_one_code_at_a_time_make_the_same_panel(store: Store) -> None:
    panel = load_panel([*CODES, NEW], prices=store)
    assert panel.codes == (*CODES, NEW)
    assert len(panel.actions), "nothing to compare"
    assert panel.warnings, "nothing to compare"
    assert_same(panel, read_beforehand(store))


def test_three_processes_make_the_same_panel(
    store: Store, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[int] = []
    monkeypatch.setattr(shares, "_laid", counted(shares._laid, here))
    assert_same(load_panel([*CODES, NEW], prices=store), read_beforehand(store))
    assert here == [3], "only the first share is laid by this process"


def test_the_share_of_a_process_that_ends_early_is_laid_here(
    store: Store, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[int] = []
    monkeypatch.setattr(shares, "_laid", counted(shares._laid, here))
    monkeypatch.setattr(shares, "PROGRAM", "raise SystemExit(3)  # {0}")
    assert_same(load_panel([*CODES, NEW], prices=store), read_beforehand(store))
    assert here == [3, 2, 2]


def test_without_memory_to_share_or_a_python_to_start_all_is_laid_here(
    store: Store, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares.sys, "executable", "/nowhere/python")
    assert_same(load_panel([*CODES, NEW], prices=store), read_beforehand(store))
    monkeypatch.setattr(shares, "_handle", lambda size: None)
    assert_same(load_panel([*CODES, NEW], prices=store), read_beforehand(store))


def test_what_is_wrong_in_another_processs_share_is_said_as_ever(store: Store, three: None) -> None:
    put(store, bars("603986.SS", DAYS, [100.0, 100.0, 100.003, 100.0]))
    with pytest.raises(DataError, match=r"603986\.SS 2026-02-11 error: off_tick"):
        load_panel([*CODES, "603986.SS"], prices=store)
    panel = load_panel([*CODES, "603986.SS"], prices=store, options=PanelOptions(bad_bars="suspend"))
    assert np.isnan(panel.close[panel.row("2026-02-11"), panel.column("603986.SS")])


def test_the_bars_of_one_code_are_let_go_before_the_next_but_one_is_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: list[weakref.ref[Bars]] = []
    most = [0]
    read = Store.read

    def watched(self: Store, code: str, provider: str | None = None) -> Bars:
        most[0] = max(most[0], sum(one() is not None for one in alive))
        found = read(self, code, provider)
        alive.append(weakref.ref(found))
        return found

    monkeypatch.setattr(Store, "read", watched)
    load_panel(CODES, prices=store)
    assert len(alive) == len(CODES)
    assert most[0] <= 2, "the bars of a whole market would be held"


def test_bars_that_a_fetch_writes_meanwhile_are_read_before_the_panel_is_made(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = stored_extents(
        store, [PanelOptions().instruments[code] for code in CODES], PanelOptions().calendar
    )
    assert said is not None
    earlier = [one._replace(last=one.last - np.timedelta64(30, "D")) for one in said]
    monkeypatch.setattr(build, "stored_extents", lambda *_: tuple(earlier))
    panel = load_panel(CODES, prices=store)
    assert panel.sessions[-1] == max(one.last for one in said)


def test_a_store_does_not_say_which_sessions_beyond_the_calendar_were_traded(tmp_path: Path) -> None:
    store, options = Store(tmp_path), PanelOptions()
    put(store, bars("0700.HK", DAYS, [500.0] * 4))
    known = [options.instruments["0700.HK"]]
    assert stored_extents(store, known, options.calendar) == (
        Extent("0700.HK", str(store.folder("0700.HK") / str(store.manifest("0700.HK").latest().file)),  # type: ignore[union-attr]
               np.datetime64(DAYS[0]), np.datetime64(DAYS[-1]), pytest.approx([])),
    )  # fmt: skip
    put(store, bars("0700.HK", ("2031-03-03",), [500.0]))
    assert stored_extents(store, known, options.calendar) is None


def test_shares_are_equal_but_for_what_is_laid_while_the_others_start() -> None:
    assert shares._ends(5500, 1) == [0, 5500]
    assert shares._ends(5500, 2) == [0, 2900, 5500]
    assert shares._ends(900, 3) == [0, 500, 700, 900]


def test_a_small_market_and_a_worker_of_somebody_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares.os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setattr(shares.os, "memfd_create", lambda _: 0, raising=False)
    assert [shares._processes(codes) for codes in (1, 1199, 1200, 5500)] == [1, 1, 2, 8]
    monkeypatch.setattr(shares.multiprocessing, "parent_process", lambda: object())
    assert shares._processes(5500) == 1


def counted(laid: Callable[..., list[object]], sizes: list[int]) -> Callable[..., list[object]]:
    """`_laid` that notes how many codes each share has."""

    def counting(share: shares.Share, columns: object) -> list[object]:
        sizes.append(len(share.codes))
        return laid(share, columns)

    return counting
