"""The ledger: what was announced, when it counted as known, and what a bad file is told."""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.errors import LedgerError, RuleError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.ledger.launch import Precision
from launchlab.data.ledger.ledger import (
    KINDS,
    LAUNCH_ROLES,
    Launch,
    LaunchCode,
    Launches,
    load_launches,
    reach,
)

HEADER = "id,announced_at,precision,company,product,kind,codes,source,note\n"
GLM5 = (
    "glm-5,2026-02-12T01:18+08:00,exact,Zhipu,GLM-5,launch,2513.HK;688158.SS:supplier,https://example.org,\n"
)
SHIPPED = load_launches()


@dataclass(frozen=True)
class Listed:
    code: str
    exchange: str
    role: str
    aliases: tuple[str, ...] = ()
    name: str = ""


class Book(dict[str, Listed]):
    """A book of two codes; anything else is malformed."""

    def __missing__(self, code: str) -> Listed:
        raise RuleError(f"{code} is no code we know")


BOOK = Book({"2513.HK": Listed("2513.HK", "XHKG", "pure_play"), "688158.SS": Listed("688158.SS", "XSHG", "")})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ledger(tmp_path: Path, rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "launches.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def load(tmp_path: Path, rows: str, header: str = HEADER) -> Launches:
    return load_launches(ledger(tmp_path, rows, header), BOOK)


def launch_on(when: str, precision: Precision = "exact", name: str = "x") -> Launch:
    return Launch(name, moment(when), precision, "Company", "Product", "launch")


def faults(tmp_path: Path, rows: str) -> list[str]:
    with pytest.raises(LedgerError) as caught:
        load(tmp_path, rows)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_role_comes_from_the_row_else_from_the_instrument(tmp_path: Path) -> None:
    row = GLM5.replace("688158.SS:supplier", "688158.SS")
    assert load(tmp_path, GLM5)[0].codes == (
        LaunchCode("2513.HK", "pure_play"),
        LaunchCode("688158.SS", "supplier"),
    )
    assert load(tmp_path, row)[0].codes[1] == LaunchCode("688158.SS", None)


def test_the_note_column_may_be_left_out_and_columns_may_come_in_any_order(tmp_path: Path) -> None:
    header = "kind,id,source,announced_at,precision,company,product,codes\n"
    only = load(tmp_path, "launch,m2.5,,2026-02-11,date,MiniMax,M2.5,\n", header)[0]
    assert (only.id, only.note, only.codes, only.precision) == ("m2.5", "", (), "date")


def test_a_byte_order_mark_and_blank_lines_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + "\n" + GLM5 + ",,,,,,,,\n").replace("\n", "\r\n").encode())
    assert [launch.id for launch in load_launches(path, BOOK)] == ["glm-5"]


def test_an_exact_launch_is_known_at_its_instant_and_an_upper_bound_likewise() -> None:
    precisions: tuple[Precision, ...] = ("exact", "upper_bound")
    for precision in precisions:
        launch = launch_on("2026-02-12T01:18+08:00", precision)
        assert launch.known_at() == launch.known_at("start") == moment("2026-02-11T17:18+00:00")


def test_a_bare_day_counts_as_known_at_its_end_unless_asked_otherwise() -> None:
    launch = launch_on("2026-02-11T00:00+08:00", "date")
    assert launch.known_at() == moment("2026-02-12T00:00+08:00")
    assert launch.known_at("start") == moment("2026-02-11T00:00+08:00")
    with pytest.raises(LedgerError, match="use 'end' or 'start'"):
        launch.known_at(cast(Any, "noon"))


def test_a_launch_without_a_time_zone_cannot_be_made() -> None:
    with pytest.raises(LedgerError, match="no time zone"):
        launch_on("2026-02-12T01:18")


def test_launches_stand_in_order_of_time_then_id_whatever_the_file_says(tmp_path: Path) -> None:
    rows = [GLM5, GLM5.replace("glm-5", "a-tie"), GLM5.replace("glm-5", "old").replace("2026", "2025")]
    random.Random(1).shuffle(rows)
    found = load(tmp_path, "".join(rows))
    assert [launch.id for launch in found] == ["old", "a-tie", "glm-5"]
    assert (len(found), found.codes) == (3, ("2513.HK", "688158.SS"))


def test_as_of_shows_a_launch_from_its_very_instant_on() -> None:
    launches = Launches((launch_on("2026-02-12T01:18+08:00"),))
    assert len(launches.as_of(moment("2026-02-12T01:17:59+08:00"))) == 0
    assert len(launches.as_of(moment("2026-02-11T17:18+00:00"))) == 1


def test_as_of_follows_the_ledgers_own_clock_for_bare_days() -> None:
    launches = Launches((launch_on("2026-02-11T00:00+08:00", "date"),))
    noon = moment("2026-02-11T12:00+08:00")
    assert len(launches.as_of(noon)) == 0
    assert len(launches.timed(reaction_minutes=15, dates_known="start").as_of(noon)) == 1


def test_as_of_refuses_an_instant_without_a_time_zone() -> None:
    with pytest.raises(LedgerError, match="no time zone"):
        SHIPPED.as_of(datetime(2026, 2, 12))


@given(
    instant=st.datetimes(datetime(2023, 1, 1), datetime(2026, 11, 1)).map(
        lambda naive: naive.replace(tzinfo=UTC)
    ),
    later=st.integers(0, 10**6),
)
def test_the_ledger_only_grows_and_never_shows_the_future(instant: datetime, later: int) -> None:
    then, afterwards = SHIPPED.as_of(instant), SHIPPED.as_of(instant + timedelta(minutes=later))
    assert all(launch.known_at() <= instant for launch in then)
    assert set(then) <= set(afterwards)
    assert then.as_of(instant) == then
    assert afterwards.as_of(instant) == then


def test_known_ns_is_the_instant_in_nanoseconds_utc() -> None:
    assert Launches((launch_on("1970-01-02T08:00+08:00"),)).known_ns().tolist() == [86_400 * 10**9]


def test_of_kinds_keeps_these_kinds_and_refuses_unknown_ones() -> None:
    kinds = {launch.kind for launch in SHIPPED.of_kinds(["leak", "pricing"])}
    assert kinds == {"leak", "pricing"}
    with pytest.raises(LedgerError, match="did you mean 'launch'"):
        SHIPPED.of_kinds(["lunch"])


def test_the_hash_changes_with_a_row_and_not_with_the_file_it_came_from(tmp_path: Path) -> None:
    first = load(tmp_path, GLM5)
    header = "company,kind,id,codes,announced_at,precision,product,source\n"
    row = "Zhipu,launch,glm-5,2513.HK;688158.SS:supplier,2026-02-12T01:18+08:00,exact,GLM-5,https://example.org\n"
    reordered = load(tmp_path, row, header)
    assert reordered.sha256 == first.sha256
    assert load(tmp_path, GLM5.replace("01:18+", "01:18:01+")).sha256 != first.sha256


def test_ledgers_of_the_same_rows_are_equal_wherever_they_came_from_and_however_codes_are_spelt(
    tmp_path: Path,
) -> None:
    first, other = tmp_path / "first", tmp_path / "other"
    first.mkdir()
    other.mkdir()
    found = load_launches(ledger(first, GLM5))
    assert found == load_launches(ledger(other, GLM5))
    assert found == load_launches(ledger(other, GLM5.replace("2513.HK", "HK.02513")))
    assert found != load_launches(ledger(other, GLM5.replace("01:18+", "01:18:01+")))


def test_a_launch_prints_as_what_was_announced_of_whom_and_when(tmp_path: Path) -> None:
    (launch,) = load(tmp_path, GLM5)
    told = repr(launch)
    assert told.startswith("Launch: glm-5, Zhipu: GLM-5\n")
    assert "announced: 2026-02-12T01:18+08:00, exact" in told
    assert "codes: 2513.HK:pure_play, 688158.SS:supplier" in told


def test_rows_written_out_again_read_back_the_same(tmp_path: Path) -> None:
    rows = "".join(
        ",".join(f'"{cell}"' for cell in launch.as_row().values()) + "\n" for launch in load(tmp_path, GLM5)
    )
    assert load(tmp_path, rows) == load(tmp_path, GLM5)


@pytest.mark.parametrize(
    ("cell", "bad", "reason"),
    [
        ("exact", "exakt", "precision 'exakt' is unknown (did you mean 'exact'?)"),
        ("exact", "", "precision '' is unknown"),
        (",launch,", ",lunch,", "kind 'lunch' is unknown (did you mean 'launch'?)"),
        ("2026-02-12T01:18+08:00", "2026-02-12T01:18", "'2026-02-12T01:18' has no time zone"),
        ("2026-02-12T01:18+08:00", "2026-02-12", "'2026-02-12' has no clock time"),
        ("2026-02-12T01:18+08:00", "2026-02-30T01:18+08:00", "'2026-02-30T01:18+08:00' is no instant"),
        ("2026-02-12T01:18+08:00", "12 Feb 2026", "'12 Feb 2026' is no instant"),
        ("2026-02-12T01:18+08:00", "", "announced_at is empty"),
        ("+08:00,exact", "+08:00,date", "has a clock time but precision is date"),
        ("2513.HK", "2513.KH", "2513.KH is no code we know"),
        (":supplier", ":suplier", "role 'suplier' is unknown (did you mean 'supplier'?)"),
        ("688158.SS:supplier", "2513.HK", "2513.HK stands twice in codes"),
        ("glm-5", "", "id is empty"),
        ("Zhipu", " ", "company is empty"),
        ("GLM-5,", "GLM-5, official,", "more cells than columns"),
    ],
)
def test_a_bad_cell_is_reported_with_its_line_and_the_reason(
    tmp_path: Path, cell: str, bad: str, reason: str
) -> None:
    assert cell in GLM5
    told = faults(tmp_path, GLM5.replace("glm-5", "first") + GLM5.replace(cell, bad, 1))
    assert any(line.startswith("line 3: ") and reason in line for line in told), told


def test_all_bad_rows_are_reported_at_once_each_by_its_own_line(tmp_path: Path) -> None:
    quoted = GLM5.replace("GLM-5,", '"GLM-5\nofficial",').replace("glm-5", "two-lines")
    rows = (
        GLM5 + quoted + GLM5 + GLM5.replace("glm-5", "b").replace("exact", "x") + GLM5.replace("launch", "y")
    )
    told = faults(tmp_path, rows)
    assert (
        told[0]
        == "line 5: id glm-5 is already on line 2; ids are unique; a correction has its time in the column recorded"
    )
    assert [line.split(":")[0] for line in told] == ["line 5", "line 6", "line 7", "line 7"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "missing id, announced_at"),
        (HEADER.replace("codes", "code"), r"missing codes; unknown code \(did you mean 'codes'\?\)"),
        (HEADER.replace("note", "kind"), "once each"),
    ],
)
def test_a_header_that_is_not_the_ledgers_is_refused_whole(tmp_path: Path, header: str, message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        load(tmp_path, GLM5, header)


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"absent\.csv cannot be read .*; check the path of the ledger"):
        load_launches(tmp_path / "absent.csv", BOOK)
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEADER.encode() + "caf\xe9".encode("latin-1"))
    with pytest.raises(LedgerError, match="neither UTF-8 nor GB 18030"):
        load_launches(latin, BOOK)
    with pytest.raises(LedgerError, match="not readable CSV at line 2"):
        load(tmp_path, 'glm-5,"open\n')


def test_the_map_says_per_launch_and_code_the_first_open_the_first_close_and_why(tmp_path: Path) -> None:
    rows = reach(load(tmp_path, GLM5.replace("01:18", "15:10")), BOOK)
    assert [(row["code"], row["role"], row["first_open"], row["first_close"]) for row in rows] == [
        ("2513.HK", "pure_play", "2026-02-13", "2026-02-12"),
        ("688158.SS", "supplier", "2026-02-13", "2026-02-13"),
    ]
    assert "public at 2026-02-12 15:10 +08:00" in str(rows[0]["why"])
    assert "in time for its close" in str(rows[0]["why"])
    assert json.loads(json.dumps(rows)) == rows


def test_the_map_takes_another_clock(tmp_path: Path) -> None:
    day_only = load(tmp_path, GLM5.replace("T01:18+08:00,exact", ",date"))
    assert reach(day_only, BOOK)[0]["first_open"] == "2026-02-13"
    assert reach(day_only, BOOK, dates_known="start")[0]["first_open"] == "2026-02-12"
    assert (
        reach(day_only, BOOK, dates_known="start", reaction_minutes=16 * 60)[0]["first_close"] == "2026-02-12"
    )
    assert "only the day is known, counted as public from 2026-02-13 00:00" in str(
        reach(day_only, BOOK)[0]["why"]
    )


def test_the_map_says_so_where_nothing_listed_is_concerned_or_the_calendar_ends(tmp_path: Path) -> None:
    nobody = reach(load(tmp_path, GLM5.replace("2513.HK;688158.SS:supplier", "")), BOOK)
    assert [(row["code"], row["first_open"], row["why"]) for row in nobody] == [
        (None, None, "no listed code is concerned")
    ]
    beyond = reach(load(tmp_path, GLM5.replace("2026", "2039")), BOOK)
    assert [row["first_open"] for row in beyond] == [None, None]
    assert "outside the sessions known" in str(beyond[0]["why"])


def test_every_shipped_launch_has_a_public_source_and_no_word_of_where_it_was_collected() -> None:
    for launch in SHIPPED:
        for source in launch.source.split(" ; "):
            assert source.startswith(("https://", "http://")), launch.id
        assert not any(
            word in f"{launch.source} {launch.note}".lower() for word in ("memory", "doc id", "git:")
        )


def test_every_shipped_code_is_a_hong_kong_or_mainland_instrument_in_the_shipped_table() -> None:
    book = load_instruments()
    for code in SHIPPED.codes:
        assert book[code].exchange in ("XHKG", "XSHG", "XSHE", "XBSE")


def test_a_code_that_has_since_changed_stands_in_the_ledger_under_its_present_name() -> None:
    by_id = {launch.id: launch for launch in SHIPPED}
    assert LaunchCode("920493.BJ", "supplier") in by_id["deepseek-r1"].codes


def test_a_company_launching_itself_is_never_shorted_as_a_giant() -> None:
    for launch in SHIPPED.of_kinds(["launch", "open-weights"]):
        roles = {concerned.code: concerned.role for concerned in launch.codes}
        own = {
            "Tencent": "0700.HK",
            "Alibaba": "9988.HK",
            "Baidu": "9888.HK",
            "Xiaomi": "1810.HK",
            "Meituan": "3690.HK",
        }
        for company, code in own.items():
            if company in launch.company:
                assert roles[code] == "issuer", launch.id


def test_the_mission_day_stands_in_the_shipped_ledger() -> None:
    by_id = {launch.id: launch for launch in SHIPPED}
    glm5, m25 = by_id["glm-5"], by_id["minimax-m2.5"]
    assert (glm5.announced_at, glm5.precision) == (moment("2026-02-12T01:18+08:00"), "upper_bound")
    assert {c.code: c.role for c in glm5.codes} == {
        "2513.HK": "pure_play",
        "688158.SS": "supplier",
        "0700.HK": "diversified",
        "9988.HK": "diversified",
    }
    assert (m25.known_at(), m25.codes[0]) == (
        moment("2026-02-12T00:00+08:00"),
        LaunchCode("0100.HK", "pure_play"),
    )
    first = {
        row["code"]: row["first_open"] for row in reach(SHIPPED) if row["launch"] in ("glm-5", "minimax-m2.5")
    }
    assert first == dict.fromkeys(("2513.HK", "688158.SS", "0700.HK", "9988.HK", "0100.HK"), "2026-02-12")


def test_every_kind_and_role_is_explained_and_those_shipped_are_known() -> None:
    assert {launch.kind for launch in SHIPPED} <= set(KINDS)
    assert {c.role for launch in SHIPPED for c in launch.codes if c.role} <= set(LAUNCH_ROLES)
    assert all(KINDS.values())
    assert all(LAUNCH_ROLES.values())


def test_us_days_are_bounded_by_midnight_in_california() -> None:
    by_id = {launch.id: launch for launch in SHIPPED}
    assert by_id["gpt-4"].announced_at == moment("2023-03-15T00:00-07:00")
    assert by_id["gpt-5.4"].announced_at == moment("2026-03-06T00:00-08:00")
