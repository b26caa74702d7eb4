"""Two results of the same plan: the first order that differs is named."""

from dataclasses import replace

import pytest

from launchlab.engine.backtest.verify import EnginesDiffer, confirm, first_difference
from launchlab.engine.results.result import Result

from ...markets.result_fixture import make_result


@pytest.fixture(scope="module")
def made() -> Result:
    return make_result(sessions=60, launches=6)


def test_the_same_result_has_no_difference_and_rounding_of_money_is_none(made: Result) -> None:
    equity = made.equity.copy()
    equity["equity"] *= 1 + 1e-12
    assert first_difference(made, replace(made, equity=equity)) is None
    confirm(made, replace(made, equity=equity))


def test_a_fill_of_one_share_more_is_named_with_session_code_and_launch(made: Result) -> None:
    fills = made.fills.copy()
    fills["shares"] += [0, 0, 0, 1] + [0] * (len(fills) - 4)
    said = first_difference(made, replace(made, fills=fills))
    row = made.fills.iloc[3]
    assert said is not None
    assert said.startswith(f"fills row 4 ({row['session']} {row['code']} {row['launch']}): shares ")


def test_a_missing_block_is_named(made: Result) -> None:
    fewer = replace(made, blocks=made.blocks.iloc[:-1])
    said = first_difference(made, fewer)
    assert said is not None
    assert f"blocks: {len(made.blocks)} and {len(made.blocks) - 1} rows" in said


def test_equity_beyond_the_tolerance_is_a_bug_of_ours_not_a_users_fault(made: Result) -> None:
    equity = made.equity.copy()
    equity.loc[10, "equity"] *= 1 + 1e-6
    with pytest.raises(EnginesDiffer, match="equity row 11"):
        confirm(made, replace(made, equity=equity))
