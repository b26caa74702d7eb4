"""What each strategy says of every launch × code that it looked at, by hand."""

from typing import Any

import pytest

from launchlab.data.ledger.launch import Launch, Launches
from launchlab.data.panel.panel import Panel
from launchlab.strategies import STRATEGIES, BuyLaunch, FadeGap, LongShort, Suppliers

from ..markets.small_market import launch_of, ledger
from .test_strategies import CODES, GLM5, NIGHT, NO_BARS, gapped, market


def said(strategy: Any, launches: Launches, panel: Panel | None = None) -> dict[tuple[int, str], str]:
    """The reason by launch and code; empty where a position is asked for."""
    choices = strategy.choices(launches, market() if panel is None else panel)
    return {(one.launch, one.code): one.reason for one in choices}


def without_names(name: str = "deepseek") -> Launch:
    one = launch_of("0700.HK", NIGHT, name)
    return Launch(*(one.id, one.announced_at, "exact", one.company, one.product, one.kind))


def test_a_role_that_is_not_asked_for_differs_from_no_role() -> None:
    launches = ledger(launch_of(f"{GLM5};0020.HK", NIGHT))
    assert said(BuyLaunch(), launches) == {
        (0, "2513.HK"): "", (0, "688158.SS"): "role not asked for", (0, "0700.HK"): "role not asked for",
        (0, "9988.HK"): "role not asked for", (0, "0020.HK"): "",  # taken for the issuer
    }  # fmt: skip
    assert said(Suppliers(), launches)[0, "688158.SS"] == ""
    assert said(Suppliers(), launches)[0, "0020.HK"] == "no role"


def test_a_kind_a_launch_without_names_and_a_code_without_bars_are_told_apart() -> None:
    launches = ledger(
        launch_of("2513.HK:pure_play", NIGHT, "a", kind="pricing"),
        without_names("b"),
        launch_of(f"{NO_BARS}:pure_play", NIGHT, "c"),
    )
    for strategy in (BuyLaunch(), LongShort(), FadeGap(min_gap=0.0)):
        assert said(strategy, launches) == {
            (0, "2513.HK"): "kind not asked for", (1, ""): "no listed name", (2, NO_BARS): "no bars",
        }  # fmt: skip


def test_launches_outside_the_span_are_told_by_their_side() -> None:
    launches = ledger(
        launch_of("2513.HK:pure_play", "2026-02-10T20:00+08:00", "early"),
        launch_of("2513.HK:pure_play", "2026-02-24T20:00+08:00", "last"),
        launch_of("2513.HK:pure_play", "2026-02-25T20:00+08:00", "late"),
    )
    found = said(BuyLaunch(), launches)
    assert list(found.values()) == ["before the span", "", "after the span"]
    assert list(said(BuyLaunch(lag=1), launches).values()) == ["", "after the span", "after the span"]


def test_giants_without_a_name_to_trade_against_say_so() -> None:
    launches = ledger(launch_of(f"{NO_BARS}:pure_play", NIGHT))
    assert said(LongShort(giants=("0700.HK",)), launches) == {
        (0, NO_BARS): "no bars", (0, "0700.HK"): "no name of the launch to trade against",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "level", "gap", "why"),
    [
        ("0020.HK", 2.0, 0.1, ""),
        ("0020.HK", 2.0, 0.04, "gap outside the bounds"),
        ("2513.HK", 300.0, 0.1, "not shortable"),
    ],
)
def test_a_gap_that_is_not_faded_says_why(code: str, level: float, gap: float, why: str) -> None:
    launches = ledger(launch_of(f"{code}:pure_play", NIGHT))
    assert said(FadeGap(), launches, gapped(gap, code, level)) == {(0, code): why}


@pytest.mark.parametrize("name", STRATEGIES)
def test_legs_are_the_choices_without_a_reason_and_every_launch_is_looked_at(name: str) -> None:
    launches = ledger(
        launch_of(GLM5, NIGHT, "a"),
        launch_of(f"{NO_BARS}:issuer;0020.HK:concept;0100.HK", "2026-02-13T15:30+08:00", "b"),
        without_names("c"),
        launch_of("0700.HK:issuer", NIGHT, "d", kind="rival"),
    )
    strategy, panel = STRATEGIES[name](), market()
    choices = list(strategy.choices(launches, panel))
    legs = strategy.legs(launches, panel)
    wanted = {(one.launch, CODES.index(one.code), one.side, one.row) for one in choices if not one.reason}
    assert {(leg["launch"], leg["code"], leg["side"], leg["row"]) for leg in legs} == wanted
    told = {(one.launch, one.code) for one in choices}
    written = {(k, one.code) for k, launch in enumerate(launches) for one in launch.codes}
    assert written <= told
    assert {k for k, _ in told} == set(range(len(launches)))
    assert len(told) == len(choices)
