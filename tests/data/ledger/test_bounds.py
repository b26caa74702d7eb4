"""Two bounds in a ledger: what they leave open, and that ledgers without them read as before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.calendars.sessions import cut_off, first_reachable, instant_ns
from launchlab.data.errors import LedgerError
from launchlab.data.ledger.bounds import Bound, Evidence
from launchlab.data.ledger.certainty import at_ends, certainty, clock_choices, open_auctions
from launchlab.data.ledger.launch import Launch, Launches
from launchlab.data.ledger.ledger import load_launches, reach
from launchlab.data.ledger.sources.proposal import Proposal
from launchlab.data.ledger.sources.proposals import Proposed, accept, append, write_proposals

ROW = {
    "id": "glm-5", "announced_at": "2026-02-12T01:18+08:00", "precision": "upper_bound", "company": "Zhipu",
    "product": "GLM-5", "kind": "launch", "codes": "2513.HK", "source": "https://github.com/zai-org",
}  # fmt: skip
READ = datetime(2026, 3, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def launch(before: str | None, after: str) -> Launch:
    low = Bound(at(before)) if before else None
    return Launch(
        "a", at(after), "upper_bound", "A", "B", "launch", not_before=low, not_after=Bound(at(after))
    )


def told(**cells: str) -> str:
    with pytest.raises(LedgerError) as caught:
        load_launches([ROW | cells])
    return str(caught.value)


def test_an_old_row_is_bounded_by_what_its_precision_says() -> None:
    (old,) = load_launches([ROW])
    assert (old.earliest, old.latest) == (None, at("2026-02-12T01:18+08:00"))
    (day,) = load_launches([ROW | {"announced_at": "2026-02-11", "precision": "date"}])
    assert (day.earliest, day.latest) == (at("2026-02-11T00:00+08:00"), at("2026-02-12T00:00+08:00"))
    (exact,) = load_launches([ROW | {"precision": "exact"}])
    assert exact.earliest == exact.latest == at("2026-02-12T01:18+08:00")


def test_each_end_of_the_bounds_is_taken_for_certain() -> None:
    bounded = ROW | {
        "id": "bounded",
        "not_before": "2026-02-11T09:00+08:00",
        "not_after": ROW["announced_at"],
    }
    both = load_launches([ROW, bounded])
    latest = [at("2026-02-12T01:18+08:00")] * 2
    assert [row.known_at() for row in at_ends(both, "latest")] == latest
    assert [row.known_at() for row in at_ends(both, "earliest", unbounded_days=2)] == [
        at("2026-02-10T01:18+08:00"), at("2026-02-11T09:00+08:00"),
    ]  # fmt: skip


def test_a_ledger_without_bounds_keeps_its_hash() -> None:
    plain = load_launches([ROW])
    empty = load_launches([ROW | {"not_before": "", "not_after": "", "evidence": "", "recorded": ""}])
    bounded = load_launches([ROW | {"not_before": "2026-02-11"}])
    assert plain.sha256 == empty.sha256 != bounded.sha256


def test_a_day_as_a_bound_begins_before_and_ends_after() -> None:
    (row,) = load_launches([ROW | {"not_before": "2026-02-11", "not_after": "2026-02-12"}])
    assert (row.earliest, row.latest) == (at("2026-02-11T00:00+08:00"), at("2026-02-13T00:00+08:00"))
    assert row.known_at() == row.latest, "a run trades on what is certain"


def test_the_bounds_of_a_day_draw_it_in() -> None:
    day = ROW | {"announced_at": "2026-02-11", "precision": "date"}
    (row,) = load_launches(
        [day | {"not_before": "2026-02-11T17:00+08:00", "not_after": "2026-02-11T20:00+08:00"}]
    )
    assert row.known_at("start") == at("2026-02-11T17:00+08:00")
    assert row.known_at("end") == at("2026-02-11T20:00+08:00")


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"not_before": "2026-02-13"}, "is not between its bounds"),
        ({"not_after": "2026-02-11T10:00+08:00"}, "is not between its bounds"),
        ({"not_before": "2026-02-14", "not_after": "2026-02-12"}, "swap them"),
        ({"not_before": "noon"}, "not_before 'noon' is no instant"),
        ({"not_before": "2026-02-11T10:00"}, "not_before '2026-02-11T10:00' has no time zone"),
        ({"evidence": "{"}, "is no JSON"),
        ({"evidence": "[1]"}, "write an object"),
        ({"evidence": '{"not_after": {"url": "https://a.org", "clock": "feed"}}'}, "not_after, which is empty"),
        ({"not_after": "2026-02-12", "evidence": '{"not_after": {"clock": "feed"}}'}, "names no page"),
        ({"not_after": "2026-02-12", "evidence": '{"not_after": {"url": "a", "clock": "sun"}}'}, "the clock 'sun'"),
        ({"not_after": "2026-02-12", "evidence": '{"not_after": {"url": "a", "clock": "github commit"}}'}, "does not prove not_after"),
        ({"not_before": "2026-02-11", "evidence": '{"not_before": {"url": "a", "clock": "read"}}'}, "does not prove not_before"),
        ({"not_after": "2026-02-12T01:30+08:00", "evidence": '{"not_after": {"url": "https://x.com/Zai_org", "clock": "post"}}'}, "is no address of a post"),
        ({"not_before": "2026-02-11", "evidence": '{"not_before": {"url": "https://x.com/a/status/1972604768309871061", "clock": "post"}}'}, "does not prove not_before"),
        ({"recorded": "2026-03-01"}, "belongs to a correction"),
    ],
)  # fmt: skip
def test_bounds_that_make_no_sense_are_refused(cells: dict[str, str], sentence: str) -> None:
    assert sentence in told(**cells)


def test_bounds_and_their_evidence_survive_acceptance_into_an_old_ledger(tmp_path: Path) -> None:
    shown = Evidence("https://github.com/zai-org/GLM-5", "github commit", "ab" * 32, READ)
    read = Evidence("https://github.com/zai-org/GLM-5", "read", "cd" * 32, READ)
    low, high = Bound(at("2026-02-11T17:18+00:00"), shown), Bound(at("2026-02-12T03:00+00:00"), read)
    write_proposals(tmp_path / "p.csv", [Proposed(Proposal("new", "zai-org", "GLM-5", "launch", high, low))])
    own = tmp_path / "own.csv"
    own.write_text(",".join(ROW) + "\n" + ",".join(ROW.values()) + "\n")
    accept((), proposals=tmp_path / "p.csv", ledger=own)
    old, new = load_launches(own)
    assert (old.id, old.not_before, old.not_after) == ("glm-5", None, None)
    assert (new.not_before, new.not_after) == (low, high)
    assert own.read_text().splitlines()[1] == ",".join(ROW.values()), "the old row stands as it was written"
    accept((), proposals=tmp_path / "p.csv", ledger=own)  # nothing is left to accept
    assert load_launches(own).sha256 == Launches((old, new)).sha256


def test_auctions_are_certain_possible_or_impossible() -> None:
    # The README says the 11th, the merge is of 01:18 on the 12th: any auction of the 11th may have been reached.
    row = launch("2026-02-11T00:00+08:00", "2026-02-12T01:18+08:00")
    days = ("2026-02-10", "2026-02-11", "2026-02-12")
    assert [certainty(row, "XHKG", day, "close") for day in days] == ["impossible", "possible", "certain"]
    assert [(one.session, one.at) for one in open_auctions(row, ["XHKG"]) or ()] == [
        ("2026-02-11", "open"),
        ("2026-02-11", "close"),
    ]
    (mapped,) = reach(load_launches([ROW | {"not_before": "2026-02-11"}]))
    assert (mapped["earliest_open"], mapped["first_open"], mapped["possible"]) == (
        "2026-02-11",
        "2026-02-12",
        2,
    )
    (mapped,) = reach(load_launches([ROW]))
    assert (mapped["earliest_open"], mapped["first_open"], mapped["possible"]) == (None, "2026-02-12", None)


def test_a_launch_that_nothing_bounds_from_below_leaves_all_earlier_auctions_possible() -> None:
    row = launch(None, "2026-02-12T01:18+08:00")
    assert certainty(row, "XHKG", "2026-01-05", "open") == "possible"
    assert open_auctions(row, ["XHKG"]) is None
    assert len(open_auctions(row, ["XHKG"], unbounded_days=1) or ()) == 2
    first, *_, last = clock_choices(row, ["XHKG"], unbounded_days=1)
    assert (first, last) == (at("2026-02-11T01:18+08:00"), at("2026-02-12T01:18+08:00"))


@given(st.integers(0, 8 * 1440), st.integers(0, 3 * 1440))
def test_each_choice_of_the_clock_reaches_auctions_that_no_other_does(start: int, width: int) -> None:
    first = at("2026-02-09T00:00+08:00") + timedelta(minutes=start)
    row = launch(first.isoformat(), (first + timedelta(minutes=width)).isoformat())
    exchanges = ("XHKG", "XSHG")
    choices = clock_choices(row, exchanges)
    instants = np.array([instant_ns(choice) for choice in choices])
    reached = [
        first_reachable(instants, exchange, kind) for exchange in exchanges for kind in ("open", "close")
    ]
    assert len(set(zip(*reached, strict=True))) == len(choices), "each is another outcome"
    assert choices[-1] == row.latest
    assert all(row.earliest is not None and row.earliest <= choice <= row.latest for choice in choices)
    for one in open_auctions(row, exchanges) or ():
        assert certainty(row, one.exchange, one.session, one.at) == "possible"
        assert cut_off(one.exchange, one.session, one.at) == one.cut_off


def test_a_correction_keeps_the_old_row_and_as_of_shows_what_was_known_then(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(",".join(ROW) + "\n" + ",".join(ROW.values()) + "\n")
    (first,) = load_launches(own)
    (corrected,) = load_launches(
        [ROW, ROW | {"announced_at": "2026-02-12T10:00+08:00", "recorded": "2026-03-02T09:00+08:00"}]
    )
    append(corrected, own)
    assert own.read_text().splitlines()[1] == ",".join(ROW.values())
    ledger = load_launches(own)
    assert [row.known_at() for row in ledger] == [at("2026-02-12T10:00+08:00")]
    assert [row.id for row in ledger.replaced] == ["glm-5"]
    before = ledger.as_of(at("2026-03-02T08:59+08:00"))
    assert [row.known_at() for row in before] == [first.known_at()], "nobody knew of the correction yet"
    assert [row.known_at() for row in ledger.as_of(at("2026-03-02T09:00+08:00"))] == [corrected.known_at()]
    assert len(ledger.as_of(at("2026-02-12T01:17+08:00"))) == 0
    assert len(ledger.in_force().as_of(at("2026-02-12T09:00+08:00"))) == 0, (
        "a run trades on the corrected instant"
    )


VERSIONS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=4)


@given(VERSIONS, st.integers(0, 60), st.integers(0, 60))
def test_what_is_recorded_later_changes_nothing_of_what_was_known(
    versions: list[tuple[int, int]], earlier: int, later: int
) -> None:
    day = at("2026-02-01T00:00+08:00")
    recorded = sorted({when for _, when in versions[1:]})
    rows = [
        Launch(
            "a", day + timedelta(days=versions[k][0]), "exact", "A", f"B{k}", "launch",
            recorded=day + timedelta(days=recorded[k - 1]) if k else None,
        )
        for k in range(len(recorded) + 1)
    ]  # fmt: skip
    earlier, later = sorted((earlier, later))
    then, after = day + timedelta(days=earlier), day + timedelta(days=later)
    whole = Launches((rows[-1],), replaced=tuple(rows[:-1]))
    known = [row for row in rows if row.recorded is None or row.recorded <= then]
    prefix = Launches((known[-1],), replaced=tuple(known[:-1]))
    assert whole.as_of(then).rows == prefix.as_of(then).rows, (
        "rows recorded later are as if they were not there"
    )
    assert whole.as_of(after).as_of(then).rows in (whole.as_of(then).rows, ())
    assert whole.as_of(then).as_of(then).rows == whole.as_of(then).rows


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"recorded": ""}, "ids are unique; a correction has its time in the column recorded"),
        ({"recorded": "2026-02-20"}, "was corrected at"),
    ],
)
def test_corrections_out_of_order_are_refused(second: dict[str, str], sentence: str) -> None:
    rows = [ROW, ROW | {"note": "a", "recorded": "2026-03-01"}, ROW | {"note": "b"} | second]
    with pytest.raises(LedgerError, match=sentence):
        load_launches(rows)


def test_a_correction_of_nothing_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(",".join(ROW) + "\n" + ",".join(ROW.values()) + "\n")
    _, other = load_launches([ROW, ROW | {"id": "glm-6"}])
    as_correction = Launch(**{**vars(other), "id": "glm-66", "recorded": READ})
    with pytest.raises(LedgerError, match="has no 'glm-66'"):
        append(as_correction, own)
    same = Launch(**{**vars(load_launches([ROW])[0]), "recorded": READ})
    with pytest.raises(LedgerError, match="nothing is to be corrected"):
        append(same, own)
    assert len(own.read_text().splitlines()) == 2
