"""Which parameters of a balanced book decide something beside which others, what they are unless given, and their ends."""

from typing import Any

import pytest

from launchlab.data.errors import ConfigError
from launchlab.strategies.balance.rules import BalanceRules

ALL = {"window", "least", "shrink", "adv_capital", "name_cap", "gross_cap", "neutral"}
CAPS, ESTIMATES = {"name_cap", "gross_cap"}, {"window", "least"}


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ({}, set()),
        ({"overlap": "net"}, set()),
        ({"overlap": "cap"}, CAPS),
        ({"weights": "liquidity"}, ESTIMATES),
        ({"adv_cap": 0.1}, ESTIMATES | {"adv_capital"}),
        ({"neutral": "money", "hedge": ("3033.HK",)}, {"neutral"}),
        ({"neutral": "beta", "hedge": ("3033.HK",)}, ESTIMATES | {"neutral", "shrink"}),
    ],
)
def test_a_parameter_is_used_only_beside_what_it_is_for(asked: dict[str, Any], used: set[str]) -> None:
    assert set(BalanceRules(**asked).unused) == ALL - used


def test_what_was_set_and_decides_nothing_is_told() -> None:
    assert BalanceRules().idle == {}
    assert BalanceRules(name_cap=0.3, overlap="skip").idle == {
        "name_cap": "`name_cap` decides nothing without `overlap=cap`"
    }
    assert BalanceRules(name_cap=0.3, overlap="cap").idle == {}


@pytest.mark.parametrize(
    ("asked", "shaped"),
    [
        ({}, set()),
        ({"overlap": "skip"}, {"hold"}),
        ({"overlap": "net"}, {"hold"}),
        ({"overlap": "cap"}, {"hold", "gross"}),  # the room that is left depends on what is wanted
        ({"adv_cap": 0.1}, {"gross"}),
    ],
)
def test_legs_are_shaped_by_what_changes_more_than_their_own_column(
    asked: dict[str, Any], shaped: set[str]
) -> None:
    assert BalanceRules(**asked).shaped_by == shaped


def test_unless_given_a_name_has_a_quarter_of_nav_and_volumes_are_for_ten_million() -> None:
    rules = BalanceRules()
    assert rules.caps == (0.25, 1.0)
    assert (rules.window, rules.least, rules.shrink) == (60, 20, 0.33)
    assert (rules.adv_cap, rules.adv_capital) == (None, 10_000_000.0)


@pytest.mark.parametrize(
    ("name", "fine", "wrong"),
    [
        ("adv_capital", (0.5, 1e15), (0.0, 1.1e15)),
        ("adv_cap", (0.001, 1.0), (0.0, 1.001)),
        ("name_cap", (0.001, 10.0), (0.0, 10.001)),
        ("gross_cap", (0.001, 10.0), (0.0, 10.001)),
        ("shrink", (0.0, 1.0), (-0.001, 1.001)),
        ("window", (20, 2_000), (1, 2_001)),
        ("least", (2, 60), (1, 61)),
    ],
)
def test_the_ends_of_each_parameter(name: str, fine: tuple[float, float], wrong: tuple[float, float]) -> None:
    for value in fine:
        assert getattr(BalanceRules(**{name: value}), name) == value
    for value in wrong:
        with pytest.raises(ConfigError, match=name):
            BalanceRules(**{name: value})
