"""How a side is shared, and how two sides and a hedge cancel: by hand, and laws of any weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.strategies.balance.neutral import bounded, hedge_needed, sides_balanced
from launchlab.strategies.balance.weights import by_liquidity, capped, inverse_volatility

SHARES = st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=8)


def test_calmer_names_get_more() -> None:
    """1/1 % : 1/2 % : 1/4 % = 4 : 2 : 1 of 0.7."""
    assert inverse_volatility(0.7, np.array([0.01, 0.02, 0.04])) == pytest.approx([0.4, 0.2, 0.1])


def test_more_traded_names_get_more() -> None:
    assert by_liquidity(0.4, np.array([1e6, 3e6])) == pytest.approx([0.1, 0.3])


def test_what_a_cap_cuts_goes_to_the_others() -> None:
    """0.3 → 0.2; the 0.1 goes half and half, but the second takes 0.02 only, and the third the rest."""
    assert capped(np.array([0.3, 0.1, 0.1]), np.array([0.2, 0.12, 1.0])) == pytest.approx([0.2, 0.12, 0.18])


def test_a_name_without_a_share_takes_nothing_of_what_is_cut() -> None:
    assert capped(np.array([0.3, 0.0]), np.array([0.2, 1.0])).tolist() == [0.2, 0.0]


def test_what_nobody_can_take_stays_unspent() -> None:
    assert capped(np.array([0.3, 0.1]), np.array([0.1, 0.15])) == pytest.approx([0.1, 0.15])
    assert capped(np.array([0.3]), np.array([0.0])).tolist() == [0.0]


@given(SHARES, st.integers(0, 2**32 - 1))
def test_no_share_is_above_its_cap_and_none_is_invented(shares: list[float], seed: int) -> None:
    most = np.random.default_rng(seed).uniform(0.0, 1.0, len(shares))
    given_shares = np.array(shares)
    found = capped(given_shares, most)
    assert (found <= most + 1e-12).all()
    assert (found >= np.minimum(given_shares, most) - 1e-12).all()
    assert found.sum() <= given_shares.sum() + 1e-9
    if (most > 0.0).all():
        assert found.sum() == pytest.approx(min(given_shares.sum(), most.sum()))


def test_a_side_of_beta_one_and_a_half_gets_less_money() -> None:
    """0.16 × 1.5 = 0.24 × 1, and the sum stays 0.4."""
    signed, exposures = np.array([0.1, 0.1, -0.2]), np.array([2.0, 1.0, 1.0])
    factors = sides_balanced(signed, exposures)
    assert signed * factors == pytest.approx([0.08, 0.08, -0.24])


def test_one_side_alone_is_left_as_it_is() -> None:
    assert sides_balanced(np.array([0.1, 0.2]), np.ones(2)).tolist() == [1.0, 1.0]
    assert sides_balanced(np.array([0.1, -0.2]), np.array([0.0, 1.0])).tolist() == [1.0, 1.0]


@given(SHARES, SHARES, st.integers(0, 2**32 - 1))
def test_balanced_sides_cancel_and_keep_the_gross(long: list[float], short: list[float], seed: int) -> None:
    signed = np.array([*long, *(-share for share in short)])
    exposures = np.random.default_rng(seed).uniform(0.2, 3.0, len(signed))
    found = signed * sides_balanced(signed, exposures)
    assert (found * exposures).sum() == pytest.approx(0.0, abs=1e-9)
    assert np.abs(found).sum() == pytest.approx(np.abs(signed).sum())
    assert (np.sign(found) == np.sign(signed)).all()


def test_each_hedge_takes_what_is_its_own() -> None:
    """0.2 × 1.5 − 0.1 × 1 = 0.2 of the first; −0.1 × 2 of the second, which is bought."""
    needed = hedge_needed(
        np.array([0.2, -0.1, -0.1]), np.array([1.5, 1.0, 2.0]), np.array([0, 0, 1], np.int32), 2
    )
    assert needed == pytest.approx([-0.2, 0.2])


def test_betas_are_held_between_none_and_three() -> None:
    assert bounded(np.array([-0.4, 1.2, 7.0])).tolist() == [0.0, 1.2, 3.0]
