"""The tables of a run read back to the bit, or refused with the line that is wrong."""

import shutil
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from launchlab.data.errors import DataError
from launchlab.data.panel.build import build_panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.results.result import load_result
from launchlab.engine.results.tables import COLUMNS, read_table
from launchlab.strategies import BuyLaunch

from ...markets.small_bars import bars
from ...markets.small_market import DAYS, launch_of, ledger

BEFORE = Path(__file__).parents[2] / "answers/folders_0_1/run"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BEFORE, tmp_path / "run"))


@pytest.mark.parametrize("name", [name for name in COLUMNS if (BEFORE / f"{name}.csv").exists()])
def test_a_table_is_read_back_to_the_bit(name: str) -> None:
    text = (BEFORE / f"{name}.csv").read_text(encoding="utf-8")
    columns = text.partition("\n")[0].split(",")
    assert read_table(BEFORE, name)[columns].to_csv(index=False, lineterminator="\n") == text


def test_what_0_1_did_not_tell_apart_is_missing() -> None:
    launches = read_table(BEFORE, "launches")
    assert tuple(launches.columns) == COLUMNS["launches"]
    assert launches["missed_cash"].isna().all()
    assert launches["missed_gap"].notna().all()


def test_a_folder_of_0_1_has_no_fates_and_opens(folder: Path) -> None:
    assert len(load_result(folder).fates) == 0
    assert load_result(folder).summary.funnel is None


def test_fates_are_read_back_to_the_bit_and_missed_where_they_were_written(tmp_path: Path) -> None:
    panel = build_panel([bars("0100.HK", DAYS, [500.0] * len(DAYS))])
    launches = ledger(launch_of("0100.HK:pure_play", name="a"), launch_of("0700.HK", name="b", kind="rival"))
    result = backtest(BuyLaunch(), launches, panel, options=RunOptions(engine="compiled"))
    result.save(tmp_path)
    read = load_result(tmp_path)
    assert_frame_equal(read.fates, result.fates)
    assert read.summary.funnel == result.summary.funnel
    (tmp_path / "fates.csv").unlink()
    with pytest.raises(DataError, match=r"fates\.csv: there is no such file"):
        load_result(tmp_path)


def test_a_table_without_a_row_keeps_the_types_of_its_columns() -> None:
    blocks = read_table(BEFORE, "blocks")
    assert len(blocks) == 0
    assert (blocks["wanted"].dtype, read_table(BEFORE, "fills")["price"].dtype) == ("int64", "float64")


def test_a_folder_may_be_named_by_a_text(folder: Path) -> None:
    assert len(load_result(str(folder)).fills) == 14


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        ("equity", "2026-02-04,", "2026-02-30,", "session '2026-02-30' in line 4 is not a day"),
        ("equity", "2026-02-04,", "20260204,", "is not a day as 2026-01-05"),
        ("equity", "2026-02-04,1", "2026-02-04,x1", "equity 'x1"),
        ("equity", "2026-02-04,1", "2026-02-04,1e99", "is not a number that a run can have"),
        ("equity", "2026-02-04", "2026-02-03", "line 4 repeats the session of another"),
        ("fills", "session,at", "at,session", "expected the columns session,at,"),
        ("fills", "2026-02-12,open", "2027-02-12,open", "2027-02-12 is no session of equity.csv"),
        ("fills", "2026-02-12,open", "2026-02-12,open,more", "cannot be read"),
        ("comparison", "2026-02-04,", '"2026-02-04,', "cannot be read"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(folder: Path, table: str, old: str, new: str, said: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as fault:
        load_result(folder)
    assert said in str(fault.value)
    assert str(folder / table) in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("order", [(5, 5), (6, 5)], ids=["twice", "turned"])
def test_a_session_that_comes_twice_or_out_of_order_is_refused(folder: Path, order: tuple[int, int]) -> None:
    """As many sessions as the summary has, from the first to the last of them."""
    path = folder / "equity.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[5:7] = [lines[at] for at in order]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"sessions must be in order|line 7 repeats the session"):
        load_result(folder)


def test_tables_of_another_span_than_the_summary_are_refused(folder: Path) -> None:
    lines = (folder / "equity.csv").read_text(encoding="utf-8").splitlines()
    (folder / "equity.csv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="21 sessions from 2026-02-02 to 2026-03-05"):
        load_result(folder)


@pytest.mark.parametrize("name", ["nothing", "long" * 80, "a\0b"])
def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"is .* the folder of a run"):
        load_result(tmp_path / name)
