"""Strategies with other values: what a sweep makes of one."""

from pathlib import Path

from launchlab.strategies.loading.variants import variants

NATIVE = """
import backtrader as bt


class Cross(bt.Strategy):
    params = (("period", 20), ("share", 0.1))
"""


def test_a_variant_takes_the_grid_over_the_settings() -> None:
    build = variants("long-short", {"hold": "7", "wait": "2"}, {"stop": (None, 0.05)})
    made = build({"stop": 0.05})
    assert (made.hold, made.wait, made.stop) == (7, 2, 0.05)


def test_a_variant_of_a_backtrader_strategy_is_its_class_with_other_params(tmp_path: Path) -> None:
    path = tmp_path / "cross.py"
    path.write_text(NATIVE)
    made = variants(f"{path}:Cross", {"share": "0.2"}, {"period": (10, 20)})({"period": 20})
    assert made.cls.__name__ == "Cross"
    assert made.values == {"share": 0.2, "period": 20}
