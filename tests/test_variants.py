"""Strategies with other values: what a sweep makes of one, and what it refuses."""

from pathlib import Path

import pytest

from launchlab.data.errors import ConfigError
from launchlab.strategies.variants import variants

NATIVE = """
import backtrader as bt


class Cross(bt.Strategy):
    params = (("period", 20),)
"""


def test_a_variant_takes_the_grid_over_the_settings() -> None:
    build = variants("long-short", {"hold": "7", "wait": "2"}, {"stop": (None, 0.05)})
    made = build({"stop": 0.05})
    assert (made.hold, made.wait, made.stop) == (7, 2, 0.05)


def test_a_backtrader_strategy_is_not_swept(tmp_path: Path) -> None:
    path = tmp_path / "cross.py"
    path.write_text(NATIVE)
    with pytest.raises(ConfigError, match="neither swept"):
        variants(f"{path}:Cross", {}, {"period": (10, 20)})
