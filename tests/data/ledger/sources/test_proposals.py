"""Proposals in a file: merged, accepted into a ledger, and what a damaged file is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.errors import LedgerError
from launchlab.data.ledger.companies import companies, known_as, suggestions
from launchlab.data.ledger.launch import LAUNCH_ROLES
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.ledger.sources.proposal import Bound, Evidence, Proposal
from launchlab.data.ledger.sources.proposals import (
    Proposed,
    accept,
    append,
    held,
    merge,
    read_proposals,
    write_proposals,
)

DAY = datetime(2026, 2, 11, 17, 18, tzinfo=UTC)
EVIDENCE = Evidence("https://github.com/zai-org/GLM-5", "github release", "0" * 64, DAY)


def proposal(name: str = "glm-five", low: int | None = 0, high: int = 0) -> Proposal:
    """A launch bounded by minutes from 01:18 on 12 February in China."""
    before = None if low is None else Bound(DAY + timedelta(minutes=low), EVIDENCE)
    return Proposal(
        name, "zai-org", "GLM-5", "launch", Bound(DAY + timedelta(minutes=high), EVIDENCE), before
    )


def test_a_file_of_proposals_reads_as_it_was_written(tmp_path: Path) -> None:
    rows = (
        Proposed(proposal()),
        Proposed(proposal("b", None, 90), "refused"),
        Proposed(proposal("c", -60, 30)),
    )
    write_proposals(tmp_path / "p.csv", rows)
    assert read_proposals(tmp_path / "p.csv") == rows
    assert [row.proposal.precision for row in rows] == ["exact", "upper_bound", "upper_bound"]


def test_no_file_is_no_proposal(tmp_path: Path) -> None:
    assert read_proposals(tmp_path / "none.csv") == ()


bounds = st.tuples(st.one_of(st.none(), st.integers(-100, 0)), st.integers(0, 100))


@given(st.lists(bounds, min_size=1, max_size=5))
def test_more_evidence_only_narrows_a_launch(found: list[tuple[int | None, int]]) -> None:
    (row,) = merge((), [proposal("a", low, high) for low, high in found])
    lows = [low for low, _ in found if low is not None]
    assert row.proposal.not_after.instant == DAY + timedelta(minutes=min(high for _, high in found))
    known = row.proposal.not_before
    assert (known.instant if known else None) == (DAY + timedelta(minutes=max(lows)) if lows else None)


def test_evidence_that_contradicts_leaves_the_known_bounds() -> None:
    (row,) = merge((Proposed(proposal("a", 0, 10)),), [proposal("a", 50, 60)])
    assert row.proposal == proposal("a", 0, 10)


def test_what_was_refused_stays_refused() -> None:
    (row,) = merge((Proposed(proposal("a"), "refused"),), [proposal("a")])
    assert row.status == "refused"


def test_accepted_rows_are_appended_and_nothing_before_them_changes(tmp_path: Path) -> None:
    own, file = tmp_path / "ledger.csv", tmp_path / "p.csv"
    write_proposals(file, [Proposed(proposal()), Proposed(proposal("other"))])
    accept(
        ["glm-five"], proposals=file, ledger=own, codes={"glm-five": "2513.HK;9988.HK:rival"}, shipped=True
    )
    shipped = load_launches()
    grown = load_launches(own)
    assert len(grown) == len(shipped) + 1
    row = next(launch for launch in grown if launch.id == "glm-five")
    assert row.announced_at == DAY
    assert [code.code for code in row.codes] == ["2513.HK", "9988.HK"]
    assert [row.status for row in read_proposals(file)] == ["accepted", "proposed"]
    before = own.read_bytes()
    with pytest.raises(LedgerError, match="has glm-five already"):
        accept(["glm-five"], proposals=file, ledger=own, codes={"glm-five": "0100.HK"})
    with pytest.raises(LedgerError, match=r"proposes no 'glm-fife'.*did you mean 'glm-five'"):
        accept(["glm-fife"], proposals=file, ledger=own)
    assert own.read_bytes() == before


def test_a_bad_code_leaves_ledger_and_proposals_as_they_were(tmp_path: Path) -> None:
    own, file = tmp_path / "ledger.csv", tmp_path / "p.csv"
    write_proposals(file, [Proposed(proposal())])
    own.write_text("id,announced_at,precision,company,product,kind,codes,source,note\n")
    for cell in ("25x13.HK", "2513.HK:isuer"):
        before = own.read_bytes(), file.read_bytes()
        with pytest.raises(LedgerError):
            accept(["glm-five"], proposals=file, ledger=own, codes={"glm-five": cell})
        assert (own.read_bytes(), file.read_bytes()) == before


def test_a_row_added_by_hand_is_appended_once(tmp_path: Path) -> None:
    own = tmp_path / "ledger.csv"
    launch = replace(proposal().to_launch(), id="by-hand", note='a, b; "c"')
    append(launch, own)
    assert load_launches(own).rows == (launch,)
    with pytest.raises(LedgerError, match="has by-hand already"):
        append(launch, own)


def test_an_acceptance_that_was_killed_between_its_two_files_goes_on(tmp_path: Path) -> None:
    own, file = tmp_path / "ledger.csv", tmp_path / "p.csv"
    write_proposals(file, [Proposed(proposal()), Proposed(proposal("other"))])
    before = file.read_bytes()
    accept(["glm-five"], proposals=file, ledger=own)
    file.write_bytes(before)  # as a kill after the ledger and before the proposals leaves it
    assert [launch.id for launch in accept([], proposals=file, ledger=own)] == ["other"]
    assert [launch.id for launch in load_launches(own)] == ["glm-five", "other"]
    assert {row.status for row in read_proposals(file)} == {"accepted"}


def test_where_nothing_is_proposed_nothing_is_written(tmp_path: Path) -> None:
    own, file = tmp_path / "ledger.csv", tmp_path / "p.csv"
    with pytest.raises(LedgerError, match="there is no file of proposals"):
        accept([], proposals=file, ledger=own)
    file.write_bytes(b"")
    with pytest.raises(LedgerError, match="is no file of proposals"):
        accept([], proposals=file, ledger=own)
    write_proposals(file, [Proposed(proposal(), "refused")])
    assert accept([], proposals=file, ledger=own) == ()
    assert not own.exists()


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with (
        held(tmp_path / "p.csv"),
        pytest.raises(LedgerError, match="another process"),
        held(tmp_path / "p.csv"),
    ):
        pass


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        "\xff\xfe",
        '"unfinished',
        "id,announced_at,precision,company,product,kind,codes,source,note,status,not_before,not_after,evidence\n"
        "a,2026-02-12,exact,Z,G,launch,,,,proposed,,2026-02-12T00:00+08:00,[]\n",
        "id,announced_at,precision,company,product,kind,codes,source,note,status,not_before,not_after,evidence\n"
        "a,b\n",
    ],
)
def test_a_damaged_file_of_proposals_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(LedgerError):
        read_proposals(tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",proposed,", ",", "12 cells where the heading has 13"),
        (",proposed,", ",proposed,,", "14 cells where the heading has 13"),
        (",proposed", "", "12 cells where the heading has 13"),
        ("2026-02-11T17:18:00+00:00,", "2026-02-11,", "not_after '2026-02-11' is no instant with a zone"),
    ],
)
def test_a_damaged_row_says_what_is_wrong_with_it(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "p.csv"
    write_proposals(path, [Proposed(proposal("b", None))])
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(LedgerError, match=r"row 1 \(b\): " + said):
        read_proposals(path)


def test_names_and_owners_lead_to_codes_on_the_days_they_are_listed() -> None:
    assert known_as("智谱") == known_as("THUDM") == "Zhipu"
    before, after = datetime(2025, 1, 5, tzinfo=UTC).date(), datetime(2026, 2, 12, tzinfo=UTC).date()
    assert suggestions("zai-org", before) == (), "2513.HK was listed on 2026-01-08"
    assert [one.cell for one in suggestions("zai-org", after)] == ["2513.HK"]
    assert [one.cell for one in suggestions("inclusionAI", after)] == ["9988.HK:concept:2019-09-24"]
    assert suggestions("01-ai", after) == ()
    assert all(
        row.role in ("", *LAUNCH_ROLES) and row.source.startswith(("https://", "http://"))
        for row in companies()
    )


def test_makers_without_shares_have_the_beneficiaries_that_were_in_print_before_the_launch() -> None:
    in_print, later = date(2025, 2, 7), date(2025, 2, 8)
    assert [one.code for one in suggestions("DeepSeek", in_print)] == ["300766.SZ", "300287.SZ", "300229.SZ"]
    found = {one.code: one for one in suggestions("DeepSeek", later)}
    assert found["688158.SS"].cell == "688158.SS:supplier:2025-02-07"
    assert found["688158.SS"].reason.startswith("computing: ")
    assert "688256.SS" not in found, "the chip makers were named in August"
    (row,) = load_launches(
        [
            {
                "id": "a", "announced_at": "2026-02-11", "precision": "date", "company": "DeepSeek", "product": "V4",
                "kind": "launch", "codes": found["688158.SS"].cell, "source": "https://api-docs.deepseek.com",
            }
        ]
    )  # fmt: skip
    assert row.knew(row.codes[0])


def test_the_day_of_a_link_survives_a_file_of_proposals_and_acceptance(tmp_path: Path) -> None:
    write_proposals(tmp_path / "p.csv", [Proposed(proposal())])
    cell = "688158.SS:supplier:2025-02-07"
    own = tmp_path / "own.csv"
    accept(["glm-five"], proposals=tmp_path / "p.csv", ledger=own, codes={"glm-five": cell})
    assert [code.written for code in load_launches(own)[0].codes] == [cell]
    (row,) = read_proposals(tmp_path / "p.csv")
    assert [code.written for code in row.proposal.codes] == [cell]
    with pytest.raises(LedgerError, match="noon"):
        accept(
            ["glm-five"], proposals=tmp_path / "p.csv", ledger=own, codes={"glm-five": "2513.HK:issuer:noon"}
        )
