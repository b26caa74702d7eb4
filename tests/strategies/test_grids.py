"""Grids of a sweep: ranges, lists and words to typed values, and what is refused."""

import pytest

from launchlab.data.errors import ConfigError
from launchlab.engine.config import ExitOn
from launchlab.strategies import LongShort
from launchlab.strategies.loading.grids import parse_grid, size, to_grid


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("hold=1:4", (1, 2, 3, 4)),
        ("hold=1:10:4", (1, 5, 9)),
        ("hold=5", (5,)),
        ("hold=1,1,2:3", (1, 2, 3)),
        ("stop=none,0.03,0.05", (None, 0.03, 0.05)),
        ("stop=0.01:0.03:0.01", (0.01, 0.02, 0.03)),
        ("gross=0.1:0.3:0.1", (0.1, 0.2, 0.3)),
        ("entry=open,close", ("open", "close")),
        ("longs=pure_play,pure_play+supplier", (("pure_play",), ("pure_play", "supplier"))),
        ("kinds=launch", (("launch",),)),
        ("config.slippage_bp=0:10:5", (0.0, 5.0, 10.0)),
        ("config.slippage_ticks=0:2", (0, 1, 2)),
        ("config.exit_on=close,touch", ("close", "touch")),
        ("config.close_out=yes,no", (True, False)),
        ("brokerage.cn_min=0,5", (0.0, 5.0)),
    ],
)
def test_values_are_typed_by_the_field_and_ranges_hold_both_ends(
    text: str, values: tuple[object, ...]
) -> None:
    grid = parse_grid("long-short", [text])
    assert grid == {text.partition("=")[0]: values}
    assert [type(one) for one in next(iter(grid.values()))] == [type(one) for one in values]


def test_values_of_python_are_typed_and_refused_as_texts_are() -> None:
    grid = {
        "hold": range(1, 4),
        "stop": (None, 0.05),
        "longs": [("pure_play",)],
        "config.exit_on": [ExitOn.TOUCH],
    }
    assert to_grid("long-short", LongShort, grid) == {
        "hold": (1, 2, 3),
        "stop": (None, 0.05),
        "longs": (("pure_play",),),
        "config.exit_on": ("touch",),
    }
    for values, fault in (
        ([], "no value"),
        ([2.5], "must be a whole number"),
        (["many"], "must be a whole number"),
    ):
        with pytest.raises(ConfigError, match=fault):
            to_grid("long-short", LongShort, {"hold": values})


def test_parameters_stay_in_the_order_given_and_their_product_is_the_size() -> None:
    grid = parse_grid("long-short", ["stop=none,0.05", "hold=1:20"])
    assert list(grid) == ["stop", "hold"]
    assert size(grid) == 40


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "at least one parameter in its `grid`"),
        (["hold"], "not of the form name=values"),
        (["hodl=1:3"], "did you mean 'hold'"),
        (["hold=1:3", "hold=4"], "twice"),
        (["hold="], "a value is missing"),
        (["hold=1,,2"], "a value is missing"),
        (["hold=5:1"], "inverted"),
        (["stop=0.01:0.1"], "is the single value 0.01, since its step is 1; .* as in 0.01:0.1:0.01"),
        (["gross=1:2.5:3"], "is the single value 1, since its step is 3; .* as in 1:2.5:1"),
        (["config.slipage_bp=0:5"], "config has no 'slipage_bp' .did you mean 'slippage_bp'"),
        (["brokerage.cn_mim=0"], "did you mean 'cn_min'"),
        (["slippage_bp=0:5"], "belongs to the portfolio"),
        (["config.pairing=match"], "config.pairing must be independent"),
        (["hold=1:5:0"], "must be above 0"),
        (["hold=1:5:-1"], "must be above 0"),
        (["hold=1:5:1:1"], "is not a range"),
        (["hold=1:many"], "is not a range"),
        (["hold=1:nan"], "is not a range"),
        (["hold=1:inf"], "is not a range"),
        (["hold=:"], "is not a range"),
        (["hold=1:1000000000"], "1,000,000,000 values"),
        (["hold=0.5:2:0.5"], "hold must be a whole number"),
        (["stop=no"], "stop must be a number or none"),
        (["hold=1-20"], "not '1-20'; a range belongs to a sweep, written as 1:20"),
        (["stop=5%"], "not '5%'; write 5 % as 0.05"),
        (["entry=opne"], "did you mean 'open'"),
    ],
)
def test_a_grid_that_makes_no_sense_is_one_sentence(texts: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_grid("long-short", texts)
