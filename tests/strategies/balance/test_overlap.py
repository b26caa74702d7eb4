"""What is left of legs beside those that are open, by hand; and that nothing later decides it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.arrays import F8
from launchlab.data.panel.build import build_panel
from launchlab.strategies.balance.overlap import OVERLAPS, Caps, Legs, Overlap, exit_rows, without_overlap

from ...markets.small_bars import bars

WIDE = Caps(10.0, 10.0)


def legs(*rows: tuple[int, int, int, float, int, int]) -> Legs:
    """Legs of (launch, code, side, weight, row, end)."""
    launch, code, side, weight, row, end = (np.array(column) for column in zip(*rows, strict=True))
    return Legs(launch, code, side, weight.astype(float), row, end)


# launch 0 is long A and short B from row 1 to 6; launch 1, from row 3, short A and long C; launch 2, from row 6, long A
THREE = legs(
    (0, 0, 1, 0.2, 1, 6), (0, 1, -1, 0.2, 1, 6), (1, 0, -1, 0.3, 3, 8), (1, 2, 1, 0.3, 3, 8), (2, 0, 1, 0.2, 6, 11),
)  # fmt: skip


def left(policy: Overlap, caps: Caps = WIDE, table: Legs = THREE) -> F8:
    return without_overlap(table, policy, caps)


def test_stacked_launches_are_all_traded() -> None:
    assert left("stack").tolist() == [0.2, 0.2, 0.3, 0.3, 0.2]


def test_a_launch_is_skipped_while_one_of_its_names_is_held() -> None:
    """Launch 1 wants A, which launch 0 holds until row 6; at row 6 that is over."""
    assert left("skip").tolist() == [0.2, 0.2, 0.0, 0.0, 0.2]


def test_a_skipped_launch_stays_skipped_on_the_other_exchange() -> None:
    table = legs((0, 0, 1, 0.2, 1, 4), (1, 0, 1, 0.2, 3, 8), (1, 5, 1, 0.2, 5, 9))
    assert left("skip", table=table).tolist() == [0.2, 0.0, 0.0]


def test_names_of_the_same_launch_do_not_skip_one_another() -> None:
    table = legs((0, 0, 1, 0.2, 1, 6), (0, 0, 1, 0.1, 2, 7))
    assert left("skip", table=table).tolist() == [0.2, 0.1]


def test_only_what_exceeds_the_opposite_is_netted() -> None:
    """Launch 1 sells 0.3 of A against 0.2 that is held: 0.1. Launch 2 buys 0.2 against that 0.1: 0.1."""
    assert left("net") == pytest.approx([0.2, 0.2, 0.1, 0.3, 0.1])


def test_a_name_is_cut_to_its_cap_and_the_other_side_with_it() -> None:
    """Of B 0.05 are free under 0.25: launch 1's short side is a sixth of what it was, and so is its long side."""
    table = legs((0, 0, 1, 0.2, 1, 6), (0, 1, -1, 0.2, 1, 6), (1, 1, -1, 0.3, 3, 8), (1, 2, 1, 0.3, 3, 8))
    assert left("cap", Caps(0.25, 10.0), table) == pytest.approx([0.2, 0.2, 0.05, 0.05])


def test_an_opposite_leg_makes_no_room_as_it_may_end_first() -> None:
    """Launch 1 may sell 0.25 of A and buy 0.25 of C, whatever launch 0 is long."""
    assert left("cap", Caps(0.25, 10.0)) == pytest.approx([0.2, 0.2, 0.25, 0.25, 0.2])


def test_the_sum_of_open_legs_stays_under_its_cap() -> None:
    """0.4 are open, 0.5 allowed: launch 1 gets a sixth of its 0.6. At row 6, 0.1 are open: launch 2 gets all."""
    assert left("cap", Caps(10.0, 0.5)) == pytest.approx([0.2, 0.2, 0.05, 0.05, 0.2])


def test_the_launch_first_in_the_ledger_goes_first_on_one_day() -> None:
    table = legs((1, 0, 1, 0.3, 2, 7), (0, 0, 1, 0.2, 2, 7))
    assert left("skip", table=table).tolist() == [0.0, 0.2]


def test_a_hold_counts_the_sessions_of_its_own_exchange() -> None:
    """Around the New Year of 2026 Shanghai trades on 13, 24 and 25 February, Hong Kong on 13, 16, 20, 23, 24 and 25."""
    days = ["13", "16", "20", "23", "24", "25"]
    series = {"600519.SS": ("13", "24", "25"), "0700.HK": tuple(days)}
    panel = build_panel(
        [bars(code, [f"2026-02-{day}" for day in own], [10.0] * len(own)) for code, own in series.items()]
    )
    assert [str(session)[-2:] for session in panel.sessions] == days

    def ends(code: str, *rows: str, hold: int) -> list[int]:
        columns = np.full(len(rows), panel.column(code))
        return exit_rows(np.array([days.index(row) for row in rows]), columns, hold, panel).tolist()

    beyond = len(panel)
    # a row on which Shanghai is shut (16, 23) stands for its next session, the 24th
    assert ends("600519.SS", "13", "16", "23", "25", hold=1) == [4, 5, 5, beyond]
    assert ends("600519.SS", "13", "24", hold=2) == [5, beyond]
    assert ends("0700.HK", "13", "16", "24", "25", hold=1) == [1, 2, 5, beyond]
    both = exit_rows(
        np.array([0, 0]), np.array([panel.column("0700.HK"), panel.column("600519.SS")]), 1, panel
    )
    assert both.tolist() == [1, 4]


@given(st.integers(0, 2**32 - 1), st.sampled_from(OVERLAPS))
def test_what_begins_later_changes_nothing(seed: int, policy: Overlap) -> None:
    rng = np.random.default_rng(seed)
    n = 30
    row = rng.integers(1, 20, n)
    table = Legs(
        rng.integers(0, 8, n), rng.integers(0, 5, n), rng.choice([-1, 1], n), rng.uniform(0.01, 0.4, n),
        row, row + rng.integers(1, 6, n),
    )  # fmt: skip
    caps = Caps(0.3, 1.0)
    whole = without_overlap(table, policy, caps)
    early = row <= 10
    seen = without_overlap(Legs(*(column[early] for column in table)), policy, caps)
    assert seen.tolist() == whole[early].tolist()
    assert (whole >= 0.0).all()
    assert (whole <= table.weight + 1e-12).all()


@given(st.integers(0, 2**32 - 1))
def test_no_cap_is_ever_broken(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    row = rng.integers(1, 20, n)
    table = Legs(
        row // 2, rng.integers(0, 5, n), rng.choice([-1, 1], n), rng.uniform(0.01, 0.4, n), row, row + 4
    )
    kept = without_overlap(table, "cap", Caps(0.3, 0.9))
    for t in range(25):
        is_open = (row <= t) & (t < table.end)
        assert kept[is_open].sum() <= 0.9 + 1e-9
        for code in range(5):
            for side in (-1, 1):
                mine = is_open & (table.code == code) & (table.side == side)
                assert kept[mine].sum() <= 0.3 + 1e-9
