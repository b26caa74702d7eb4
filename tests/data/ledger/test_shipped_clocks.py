"""How far the clocks of the shipped ledger can be trusted, counted from its file."""

from datetime import UTC, datetime, timedelta

from launchlab.data.instruments.table import load_instruments
from launchlab.data.ledger.bounds import ONLY_BEFORE
from launchlab.data.ledger.certainty import open_auctions
from launchlab.data.ledger.companies import suggestions
from launchlab.data.ledger.launch import Launch
from launchlab.data.ledger.ledger import load_launches

SHIPPED = load_launches()
BOOK = load_instruments()
TRADABLE = [launch for launch in SHIPPED if launch.codes]


def exchanges(launch: Launch) -> list[str]:
    return sorted({BOOK[concerned.code].exchange for concerned in launch.codes})


def test_more_than_two_fifths_of_the_tradable_launches_lie_within_one_auction_interval() -> None:
    """The goal was two fifths. Raise these numbers with the evidence."""
    inside = [launch.id for launch in TRADABLE if open_auctions(launch, exchanges(launch)) == ()]
    assert (len(inside), len(TRADABLE)) == (47, 114)


def test_a_post_bounds_a_launch_from_above_at_the_second_that_its_number_holds() -> None:
    """The number's upper bits count milliseconds from 2010-11-04 01:42:54.657 UTC; an instant of a ledger is the next full second."""
    posts = [
        launch.not_after
        for launch in SHIPPED
        if launch.not_after and launch.not_after.evidence and launch.not_after.evidence.clock == "post"
    ]
    assert len(posts) == 39
    for instant, evidence in posts:
        assert evidence is not None
        number = int(evidence.url.rpartition("/status/")[2])
        published = datetime(2010, 11, 4, 1, 42, 54, 657000, UTC) + timedelta(milliseconds=number >> 22)
        assert timedelta(0) <= instant - published < timedelta(seconds=1), evidence.url


def test_the_time_in_the_number_of_a_post_is_the_one_that_its_page_shows() -> None:
    """Times that others read off the posts themselves: DeepSeek-V3.2-Exp, Qwen3.6-Max-Preview, Claude Fable 5, Hy4 and LongCat-2.0."""
    shown = {
        "deepseek-v3.2-exp": "2025-09-29T10:10:00+00:00",
        "qwen3.6-max-preview": "2026-04-20T14:01:29+00:00",
        "claude-fable-5": "2026-06-09T17:08:13+00:00",
        "hy4-preview": "2026-08-28T06:23:31+00:00",
        "longcat-2.0": "2026-06-30T02:31:13+00:00",
    }
    for name, second in shown.items():
        later = next(one for one in SHIPPED if one.id == name).latest - datetime.fromisoformat(second)
        assert timedelta(0) <= later <= timedelta(seconds=1), name


def test_every_bound_has_its_evidence_at_an_address_and_a_clock_that_can_prove_it() -> None:
    for launch in SHIPPED:
        for bound in (launch.not_before, launch.not_after):
            if bound is None:
                continue
            assert bound.evidence is not None, launch.id
            assert bound.evidence.url.startswith(("https://", "http://")), launch.id
        if launch.not_after and launch.not_after.evidence:
            assert launch.not_after.evidence.clock not in ONLY_BEFORE, launch.id


def test_beneficiaries_carry_the_day_on_which_they_were_named_and_were_known_by_then() -> None:
    makers = ("DeepSeek", "Ant Group", "ByteDance")
    later = [launch for launch in TRADABLE if launch.company in makers and launch.id != "deepseek-r1"]
    dated = [concerned for launch in later for concerned in launch.codes if concerned.since is not None]
    assert len({concerned.code for concerned in dated}) >= 12
    for launch in later:
        for concerned in launch.codes:
            if concerned.since is not None and concerned.code not in (
                "0981.HK",
                "1347.HK",
                "688256.SS",
                "688041.SS",
            ):
                assert launch.knew(concerned) or launch.id.startswith("seedance"), (launch.id, concerned.code)


def test_a_code_that_is_suggested_for_a_maker_has_the_role_that_its_shipped_rows_give_it() -> None:
    """Ant is Alibaba's only through a stake: one role, whether suggested or shipped."""
    compared = set()
    for launch in TRADABLE:
        shipped = {concerned.code: concerned.role for concerned in launch.codes}
        for one in suggestions(launch.company, launch.latest.date()):
            if one.role and one.code in shipped:
                compared.add(launch.company)
                assert one.role == shipped[one.code], (launch.id, one.code)
    assert {"Ant Group", "Alibaba", "Kuaishou", "DeepSeek"} <= compared
