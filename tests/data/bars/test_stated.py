"""What names say of risk warnings and delisting periods, in a file's rows and in the instruments table."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.bars.checks import check_bars
from launchlab.data.bars.files import content_to_bars
from launchlab.data.bars.stated import as_stated
from launchlab.data.calendars.sessions import calendar
from launchlab.data.instruments.instrument import Instrument, Spell
from launchlab.data.instruments.table import Instruments, load_instruments
from launchlab.data.market.fetch import fetch
from launchlab.data.panel.build import PanelOptions, build_panel, load_panel
from launchlab.data.rules.explain.answer import explain

from ...markets.small_bars import bars

SHANGHAI = calendar("XSHG").sessions
# 600187.SS closed at 1.40 on 2026-07-02; a risk warning made its limits of 07-03 1.47 and 1.33, not 1.54 and 1.26.
DAYS = ("2026-07-01", "2026-07-02", "2026-07-03")
WARNED = "named *ST国中 without saying since when: taken as under a risk warning (ST) "


def book(folder: Path, row: str, head: str = "code,name") -> Instruments:
    (folder / "own.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    return load_instruments(folder / "own.csv")


def own_bars(*closes: float, days: tuple[str, ...] = DAYS, **columns: Any) -> Bars:
    return bars("600187.SS", days, closes, **columns)


def limits(one: Bars, instruments: Instruments) -> tuple[float, float, tuple[str, ...]]:
    """Limits of the last session, and what had to be assumed of ST."""
    panel = build_panel([one], currency="CNY", options=PanelOptions(instruments=instruments))
    doubts = tuple(text for text in panel.unknowns if "ST" in text)
    return float(panel.limit_up[-1, 0]), float(panel.limit_down[-1, 0]), doubts


def test_a_name_in_the_instruments_table_sets_the_spell_and_says_that_it_is_assumed(tmp_path: Path) -> None:
    up, down, doubts = limits(own_bars(1.40, 1.40, 1.42), book(tmp_path, "600187.SS,*ST国中"))
    assert (up, down) == (1.47, 1.33)
    assert doubts == (f"600187.SS: {WARNED}throughout",)


def test_a_plain_name_says_nothing_of_the_past(tmp_path: Path) -> None:
    up, down, doubts = limits(own_bars(1.40, 1.40, 1.42), book(tmp_path, "600187.SS,国中水务"))
    assert (up, down) == (1.54, 1.26)
    assert doubts == ("600187.SS: ST spells unknown: taken as never under a risk warning",)


def test_spells_that_a_row_states_stand_before_its_name(tmp_path: Path) -> None:
    instruments = book(tmp_path, "600187.SS,*ST国中,2026-07-06..", "code,name,st")
    assert limits(own_bars(1.40, 1.40, 1.42), instruments) == (1.54, 1.26, ())


def test_a_session_beyond_the_narrow_limit_was_not_under_a_warning(tmp_path: Path) -> None:
    # 1.40 to 1.50 is 7 %: possible only without a warning, so the name holds from the session after.
    instrument = book(tmp_path, "600187.SS,*ST国中")["600187.SS"]
    found = as_stated(instrument, own_bars(1.40, 1.50, 1.52), SHANGHAI)
    assert found.st == (Spell(date(2026, 7, 3)),)
    assert found.unknowns[-1] == f"{WARNED}from 2026-07-03 on, as earlier ones went beyond its limit"
    found = as_stated(instrument, own_bars(1.40, 1.45, 1.56), SHANGHAI)
    assert found.st == ()
    assert found.unknowns[-1] == f"{WARNED}on none of its sessions"
    assert check_bars(own_bars(1.40, 1.50, 1.52), instrument, calendar=SHANGHAI) == ()


def file_bars(*names: str) -> Bars:
    head = "日期,股票代码,名称,收盘价,最高价,最低价,开盘价,前收盘,成交量,成交金额\n"
    row = "{},'600187,{},1.40,1.41,1.39,1.40,1.40,1000000,1400000\n"
    text = head + "".join(row.format(day, name) for day, name in zip(DAYS, names, strict=True))
    return content_to_bars(text.encode("gb18030"), "600187.csv", "600187.SS")


def test_one_name_in_all_rows_of_a_file_is_one_without_days() -> None:
    up, down, doubts = limits(file_bars("*ST国中", "*ST国中", "*ST国中"), load_instruments())
    assert (up, down) == (1.47, 1.33)
    assert doubts == (f"600187.SS: {WARNED}throughout",)


def test_rows_without_a_name_are_counted_as_not_known() -> None:
    up, down, doubts = limits(file_bars("国中水务", "", "*ST国中"), load_instruments())
    assert (up, down) == (1.47, 1.33)
    assert doubts == ("600187.SS: risk warnings (ST) not known on 1 of its sessions: taken as none",)


def test_the_store_keeps_the_name_that_its_files_had(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    head = "日期,股票代码,名称,收盘价,最高价,最低价,开盘价,前收盘,成交量,成交金额\n"
    rows = [f"{day},'600187,*ST国中,1.40,1.41,1.39,1.40,1.40,1000000,1400000\n" for day in DAYS]
    (tmp_path / "files" / "600187.csv").write_text(head + "".join(rows), encoding="utf-8")
    span = {"start": DAYS[0], "end": DAYS[-1], "store": tmp_path / "store"}
    fetch("600187.SS", provider="files", path=tmp_path / "files", **span)
    panel = load_panel(["600187.SS"], currency="CNY", prices=tmp_path / "store")
    assert panel.limit_up[-1, 0] == 1.47
    assert f"600187.SS: {WARNED}throughout" in panel.unknowns


def test_a_delisting_name_makes_the_bar_beyond_every_limit_the_first_of_its_period() -> None:
    # 退市海创 fell by 40 % on the first session of its delisting period, which has no limit; the next has 10 %.
    found = own_bars(1.40, 0.84, 0.80)
    named = replace(found, source={"name": "退市海创"})
    instrument = load_instruments()["600187.SS"]
    assert as_stated(instrument, named, SHANGHAI).delisting == (Spell(date(2026, 7, 2)),)
    assert [one.kind for one in check_bars(found, instrument, calendar=SHANGHAI, cut=True)] == [
        "beyond_limit"
    ]
    assert check_bars(named, instrument, calendar=SHANGHAI, cut=True) == ()
    early = replace(
        bars("600187.SS", SHANGHAI[-30:].astype(str), np.r_[1.40, np.full(29, 0.84)]), source=named.source
    )
    assert as_stated(instrument, early, SHANGHAI).delisting == (), "a delisting period lasts 15 sessions"


@pytest.mark.parametrize("exchange", ["XHKG"])
def test_names_say_nothing_in_hong_kong(exchange: str) -> None:
    instrument = Instrument("0700.HK", name="ST", exchange=exchange, board="hk_main", currency="HKD")
    assert as_stated(instrument, bars("0700.HK", DAYS, (1.0, 1.0, 1.0)), SHANGHAI).st == ()


def test_the_rules_of_a_day_follow_the_name_too(tmp_path: Path) -> None:
    answer = explain(
        "600187.SS", "2026-07-03", instruments=book(tmp_path, "600187.SS,*ST国中"), prev_close=1.40
    )
    assert (answer.limit_up, answer.limit_down) == (1.47, 1.33)
    assert f"{WARNED}on 2026-07-03" in answer.unknowns
