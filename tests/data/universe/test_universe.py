"""The universe: who was what on which day, whose rows win, and that no row lets a name in early."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import launchlab as ll
from launchlab.data.errors import RuleError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.universe.universe import MEMBER_ROLES

SHIPPED = ll.load_universe()
BOOK = load_instruments()
HEADER = "code,role,theme,since,until,source,confidence,note\n"


def mine(tmp_path: Path, rows: str, header: str = HEADER) -> ll.Universe:
    path = tmp_path / "mine.csv"
    path.write_text(header + rows, encoding="utf-8")
    return ll.load_universe(path)


@pytest.mark.parametrize(
    ("code", "eve", "first"),
    [("2513.HK", "2026-01-07", "2026-01-08"), ("0100.HK", "2026-01-08", "2026-01-09")],
)
def test_zhipu_and_minimax_enter_on_their_first_day_of_trading(code: str, eve: str, first: str) -> None:
    assert code not in SHIPPED.members("pure_play", eve)
    assert code in SHIPPED.members("pure_play", first)
    assert (SHIPPED.role_of(code, eve), SHIPPED.role_of(code, first)) == (None, "pure_play")


def test_the_giants_of_the_week_of_glm_5_are_the_eight_of_the_table() -> None:
    giants = {"0700.HK", "1024.HK", "1810.HK", "3690.HK", "9618.HK", "9888.HK", "9988.HK", "002415.SZ"}
    assert set(SHIPPED.members("diversified", "2026-02-12")) == giants


def test_no_row_begins_before_the_listing_and_every_row_has_a_source() -> None:
    for row in SHIPPED:
        listed = BOOK[row.code].listed
        assert (listed is None) == (
            row.code == "300287.SZ"
        )  # listed by 2025-02-05, when it rose by its limit
        assert listed is None or listed <= row.since
        assert row.source
        assert row.confidence


def test_what_only_the_instruments_table_says_is_marked_as_hindsight() -> None:
    assert {row.hindsight for row in SHIPPED if row.source.startswith("instruments.csv: today")} == {True}
    # named beside ChatGPT by the press of 2023-02-07, and by nobody that we know of before
    assert "688327.SS" in SHIPPED.members("pure_play", "2023-02-06")
    assert "688327.SS" not in SHIPPED.known().members("pure_play", "2023-02-06")
    assert "688327.SS" in SHIPPED.known().members("pure_play", "2023-02-07")


def test_a_theme_keeps_its_members_and_the_funds_of_every_theme() -> None:
    assert "688327.SS" not in SHIPPED.members("pure_play", "2026-02-12", "llm")
    assert "2513.HK" in SHIPPED.members("pure_play", "2026-02-12", "llm")
    assert "3033.HK" in SHIPPED.members("hedge", "2026-02-12", "llm")
    with pytest.raises(
        RuleError, match=r"theme 'lm' is unknown \(did you mean 'llm'\?\); use one of ai, llm"
    ):
        SHIPPED.members("pure_play", "2026-02-12", "lm")
    with pytest.raises(RuleError, match="role 'giant' is unknown"):
        SHIPPED.members("giant", "2026-02-12")


@given(day=st.dates(date(2023, 1, 1), date(2026, 12, 31)), later=st.integers(0, 900))
def test_what_was_known_on_a_day_says_the_same_of_every_day_before_it(day: date, later: int) -> None:
    known = SHIPPED.as_of(day)
    earlier = date.fromordinal(day.toordinal() - later)
    for role in MEMBER_ROLES:
        assert known.members(role, earlier) == SHIPPED.members(role, earlier)
    assert all(row.since <= day and (row.until is None or row.until <= day) for row in known)


def test_rows_of_a_user_replace_ours_of_the_same_code_alone(tmp_path: Path) -> None:
    universe = mine(tmp_path, "0700.HK,supplier,chips,2025-01-02,2025-12-31,my notes,,\n")
    assert universe.role_of("0700.HK", "2024-12-31") is None
    assert universe.role_of("0700.HK", "2025-01-02") == "supplier"
    assert universe.role_of("0700.HK", "2026-01-02") is None
    assert universe.role_of("9988.HK", "2025-01-02") == "diversified"
    assert universe.members("supplier", "2025-06-02", "chips") == ("0700.HK",)


def test_a_code_can_be_taken_out_and_so_can_everybody(tmp_path: Path) -> None:
    assert "0700.HK" not in mine(tmp_path, "0700.HK,none,,,,,,\n").codes
    assert len(ll.load_universe("none")) == 0


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("2513.HK,pure_play,ai,2026-01-07,,x,,", "before its listing on 2026-01-08"),
        ("2513.HK,pure_play,ai,,,x,,", "no day in since"),
        ("2513.HK,pureplay,ai,2026-01-08,,x,,", r"role 'pureplay' is unknown \(did you mean 'pure_play'\?\)"),
        ("2513.HK,pure_play,ai,2026-03-02,2026-02-02,x,,", "until 2026-02-02 is before since 2026-03-02"),
        ("2513.HK,pure_play,ai,8 January,,x,,", "is not a day"),
        ("2513.KH,pure_play,ai,2026-01-08,,x,,", "2513.KH"),
        ("^HSI,hedge,,2020-01-02,,x,,", "an index level, which nobody can buy"),
        (
            "2513.HK,pure_play,a,2026-01-08,,x,,\n2513.HK,supplier,a,2026-03-02,,x,,",
            "two rows for 2026-03-02",
        ),
        ("2513.HK,none,,,,,,\n2513.HK,supplier,a,2026-03-02,,x,,", "taken out and has a role as well"),
        ("2513.HK,pure_play,ai,2026-01-08,,x,,,more", "more cells than columns"),
    ],
)
def test_a_bad_row_is_refused_by_its_line(tmp_path: Path, row: str, sentence: str) -> None:
    with pytest.raises(RuleError, match=rf"line \d: .*{sentence}"):
        mine(tmp_path, row + "\n")


def test_a_strange_header_names_the_columns(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"unknown 'sinse' \(did you mean 'since'\?\)"):
        mine(tmp_path, "2513.HK,pure_play,2026-01-08\n", "code,role,sinse\n")
