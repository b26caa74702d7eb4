"""Each strategy's legs by hand, on a panel of seven sessions around the Lunar New Year of 2026."""

from typing import Any

import numpy as np
import pytest

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.market.market import load_market
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.legs import CLOSE, OPEN
from launchlab.strategies import STRATEGIES, BuyLaunch, FadeGap, LongShort, Suppliers
from launchlab.strategies.registry import issuer_buyers

from ..markets.small_bars import bars
from ..markets.small_market import labels, launch_of, ledger

# rows 0 to 7; Shanghai is shut on rows 3, 4 and 5
HK = (
    "2026-02-11",
    "2026-02-12",
    "2026-02-13",
    "2026-02-16",
    "2026-02-20",
    "2026-02-23",
    "2026-02-24",
    "2026-02-25",
)
CN = ("2026-02-11", "2026-02-12", "2026-02-13", "2026-02-24", "2026-02-25")
CODES = ("2513.HK", "0100.HK", "0700.HK", "9988.HK", "688158.SS", "0020.HK")
ZHIPU, MINIMAX, TENCENT, ALIBABA, UCLOUD, SENSETIME = range(6)
GLM5 = "2513.HK:pure_play;688158.SS:supplier;0700.HK:diversified;9988.HK:diversified"
NIGHT = "2026-02-12T01:18+08:00"


def market(opens: dict[str, list[float]] | None = None) -> Panel:
    close = dict(zip(CODES, (300.0, 500.0, 500.0, 160.0, 37.5, 2.0), strict=True))
    series = []
    for code, level in close.items():
        days = CN if code.endswith(".SS") else HK
        opened = (opens or {}).get(code, [level] * len(days))
        series.append(bars(code, days, [level] * len(days), open=opened))
    return build_panel(series)


def legs_of(strategy: Any, launches: Launches, panel: Panel | None = None) -> list[tuple[Any, ...]]:
    """(launch, code, side, row, weight) of each leg."""
    legs = strategy.legs(launches, market() if panel is None else panel)
    return labels(legs, ("launch", "code", "side", "row", "weight"))


def test_long_short_buys_pure_plays_and_sells_giants_by_halves() -> None:
    found = legs_of(LongShort(gross=0.6), ledger(launch_of(GLM5, NIGHT)))
    assert found == [(0, ZHIPU, 1, 1, 0.3), (0, TENCENT, -1, 1, 0.15), (0, ALIBABA, -1, 1, 0.15)]


def test_long_short_takes_the_roles_it_is_given() -> None:
    found = legs_of(LongShort(longs=("pure_play", "supplier"), shorts=()), ledger(launch_of(GLM5, NIGHT)))
    assert found == [(0, ZHIPU, 1, 1, 0.125), (0, UCLOUD, 1, 1, 0.125)]


def test_named_giants_are_sold_at_every_launch_that_buys_something() -> None:
    launches = ledger(
        launch_of("0100.HK:pure_play", NIGHT, "a"),
        launch_of("688158.SS:supplier", NIGHT, "b"),
        launch_of("2513.HK:pure_play;0700.HK:diversified", NIGHT, "c"),
    )
    found = legs_of(LongShort(gross=0.4, giants=("0700.HK", "9988.HK")), launches)
    assert [(k, code, side, weight) for k, code, side, _, weight in found] == [
        (0, MINIMAX, 1, 0.2), (0, TENCENT, -1, 0.1), (0, ALIBABA, -1, 0.1),
        (2, ZHIPU, 1, 0.2), (2, TENCENT, -1, 0.1), (2, ALIBABA, -1, 0.1),
    ]  # fmt: skip


def test_buy_launch_buys_launchers_of_either_kind() -> None:
    one = launch_of("0700.HK:issuer;0100.HK:pure_play;9988.HK:rival", NIGHT)
    assert legs_of(BuyLaunch(gross=0.5), ledger(one)) == [(0, TENCENT, 1, 1, 0.25), (0, MINIMAX, 1, 1, 0.25)]


NO_BARS = "2382.HK"


def test_the_share_of_a_code_without_bars_stays_unspent() -> None:
    """Of two companies one has no bars: the other is bought for its own half, as it would be if both had some."""
    one = ledger(launch_of(f"{NO_BARS}:pure_play;0100.HK:pure_play;0700.HK:diversified", NIGHT))
    assert legs_of(BuyLaunch(gross=0.5), one) == [(0, MINIMAX, 1, 1, 0.25)]
    assert legs_of(LongShort(gross=0.4), one) == [(0, MINIMAX, 1, 1, 0.1), (0, TENCENT, -1, 1, 0.2)]
    two = ledger(launch_of(f"{NO_BARS}:issuer;0700.HK:issuer", NIGHT))
    assert legs_of(FadeGap(gross=0.4, min_gap=0.0), two) == [(0, TENCENT, -1, 1, 0.2)]


def test_giants_are_not_sold_for_a_launch_none_of_whose_codes_has_bars() -> None:
    one = ledger(launch_of(f"{NO_BARS}:pure_play", NIGHT))
    assert legs_of(LongShort(giants=("0700.HK",)), one) == []


def test_suppliers_buys_suppliers_alone() -> None:
    assert legs_of(Suppliers(gross=0.4), ledger(launch_of(GLM5, NIGHT))) == [(0, UCLOUD, 1, 1, 0.4)]


@pytest.mark.parametrize(
    ("when", "entry", "hong_kong", "shanghai"),
    [
        (NIGHT, "open", 1, 1),
        ("2026-02-12T15:30+08:00", "open", 2, 2),
        ("2026-02-12T15:30+08:00", "close", 1, 2),
        ("2026-02-13T16:30+08:00", "open", 3, 6),
        ("2026-02-13T16:30+08:00", "close", 3, 6),
        ("2026-02-20T10:00+08:00", "open", 5, 6),
        ("2026-02-20T10:00+08:00", "close", 4, 6),
    ],
)
def test_each_code_is_tried_from_the_first_session_of_its_own_exchange(
    when: str, entry: str, hong_kong: int, shanghai: int
) -> None:
    strategy = LongShort(longs=("pure_play", "supplier"), shorts=(), entry=entry)  # type: ignore[arg-type]
    found = legs_of(strategy, ledger(launch_of(GLM5, when)))
    assert {code: row for _, code, _, row, _ in found} == {ZHIPU: hong_kong, UCLOUD: shanghai}


def test_a_lag_counts_sessions_of_the_code_s_own_exchange() -> None:
    strategy = LongShort(longs=("pure_play", "supplier"), shorts=(), lag=2)
    found = legs_of(strategy, ledger(launch_of(GLM5, NIGHT)))
    assert {code: row for _, code, _, row, _ in found} == {ZHIPU: 3, UCLOUD: 6}


def test_what_cannot_be_tried_inside_the_panel_makes_no_leg() -> None:
    early = launch_of(
        GLM5, "2026-02-10T20:00+08:00", "early"
    )  # the panel's first row has no session before it
    late = launch_of(GLM5, "2026-02-25T20:00+08:00", "late")
    old = launch_of(GLM5, "2025-01-02T20:00+08:00", "old")
    assert legs_of(LongShort(), ledger(early, late, old)) == []
    last = launch_of(GLM5, "2026-02-24T20:00+08:00", "last")
    assert {row for *_, row, _ in legs_of(LongShort(), ledger(last))} == {7}
    assert legs_of(LongShort(lag=1), ledger(last)) == []


def test_only_the_kinds_asked_for_are_traded() -> None:
    both = ledger(launch_of(GLM5, NIGHT, "a"), launch_of("0100.HK:pure_play", NIGHT, "b", kind="pricing"))
    assert {launch for launch, *_ in legs_of(LongShort(), both)} == {0}
    assert {launch for launch, *_ in legs_of(LongShort(kinds=("pricing",)), both)} == {1}


def test_legs_carry_the_rules_of_the_strategy() -> None:
    strategy = BuyLaunch(entry="close", wait=7, hold=9, stop=0.05, target=None, trail=0.1)
    (leg,) = strategy.legs(ledger(launch_of("2513.HK:pure_play", NIGHT)), market())
    assert (leg["at"], leg["wait"], leg["hold"], leg["stop"], leg["trail"]) == (CLOSE, 7, 9, 0.05, 0.1)
    assert np.isnan(leg["target"])
    (leg,) = BuyLaunch().legs(ledger(launch_of("2513.HK:pure_play", NIGHT)), market())
    assert (leg["at"], leg["wait"], leg["hold"]) == (OPEN, 3, 5)


def test_legs_come_in_order_of_row_then_launch_with_longs_first() -> None:
    launches = ledger(launch_of(GLM5, NIGHT, "a"), launch_of(GLM5, "2026-02-11T20:00+08:00", "b"))
    found = legs_of(LongShort(longs=("pure_play", "supplier")), launches)
    assert [launch for launch, *_ in found] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [side for _, _, side, *_ in found] == [1, 1, -1, -1, 1, 1, -1, -1]


# fading the gap: SenseTime can be sold short, Zhipu cannot


def gapped(gap: float, code: str = "0020.HK", level: float = 2.0) -> Panel:
    return market({code: [level, round(level * (1 + gap), 2), *[level] * 6]})


@pytest.mark.parametrize(
    ("gap", "fades"), [(0.04, False), (0.05, True), (0.15, True), (0.25, True), (0.3, False)]
)
def test_a_gap_is_faded_only_between_its_bounds(gap: float, fades: bool) -> None:
    found = legs_of(FadeGap(gross=0.3), ledger(launch_of("0020.HK:pure_play", NIGHT)), gapped(gap))
    assert found == ([(0, SENSETIME, -1, 1, 0.3)] if fades else [])


def test_the_gap_is_traded_after_it_is_seen() -> None:
    one = ledger(launch_of("0020.HK:pure_play", NIGHT))
    (at_close,) = FadeGap().legs(one, gapped(0.1))
    assert (at_close["row"], at_close["at"]) == (1, CLOSE)
    (at_open,) = FadeGap(entry="open").legs(one, gapped(0.1))
    assert (at_open["row"], at_open["at"]) == (2, OPEN)
    (later,) = FadeGap(entry="open", lag=2).legs(one, gapped(0.1))
    assert later["row"] == 4


def test_what_cannot_be_sold_short_is_not_faded() -> None:
    zhipu = launch_of("2513.HK:pure_play;0020.HK:pure_play", NIGHT)
    assert legs_of(FadeGap(), ledger(zhipu), gapped(0.1, "2513.HK", 300.0)) == []
    ucloud = launch_of("688158.SS:pure_play", NIGHT)
    panel = market({"688158.SS": [37.5, 41.25, 37.5, 37.5, 37.5]})
    assert legs_of(FadeGap(), ledger(ucloud), panel) == []


# parameters


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("entry", "noon", "entry must be open, close or now"),
        ("hold", 0, "hold must be from 1 to 1000 sessions"),
        ("wait", -1, "wait must be from 0 to 1000 sessions"),
        ("lag", -1, "lag must be from 0 to 1000 sessions"),
        ("stop", 0.0, "stop must be a fraction above 0"),
        ("target", float("nan"), "target must be a fraction above 0"),
        ("gross", 0.0, "gross must be a share of NAV above 0"),
        ("gross", float("nan"), "gross must be a share of NAV above 0"),
        ("kinds", ("lunch",), "did you mean 'launch'"),
    ],
)
def test_an_impossible_parameter_is_refused_by_name(name: str, field: str, value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        STRATEGIES[name](**{field: value})


def test_bounds_and_roles_that_contradict_are_refused() -> None:
    with pytest.raises(ConfigError, match="is above max_gap"):
        FadeGap(min_gap=0.3)
    with pytest.raises(ConfigError, match="did you mean 'supplier'"):
        LongShort(longs=("suplier",))


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_strategies_that_say_so_buy_a_code_without_a_role(name: str) -> None:
    """As `launches map` tells it: on the sample, the maker's own code whose role nobody says."""
    panel = load_market(universe="none").panel
    row = launch_of("300364.SZ", when="2026-02-12T20:00+08:00")
    bought = [
        choice
        for choice in STRATEGIES[name]().choices(ledger(row), panel)
        if choice.code == "300364.SZ" and choice.side > 0 and not choice.reason
    ]
    assert bool(bought) == (name in issuer_buyers())
