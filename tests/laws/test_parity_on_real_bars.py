"""Parity beyond random markets: the shipped ledger on real bars, and the compiled source run as plain Python."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launchlab.data.ledger.launch import KINDS, Launches
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.panel.build import PanelOptions, load_panel
from launchlab.data.panel.panel import Panel
from launchlab.data.universe.table import load_universe
from launchlab.engine.backtest.backtest import checked_legs, execute
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config
from launchlab.engine.results.run import Run
from launchlab.strategies import STRATEGIES

from .. import ROOT
from ..markets.random_markets import random_config, random_legs, random_panel
from .test_parity import assert_same

REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", ""))
SEEDS = 30


def test_the_compiled_source_says_the_same_as_plain_python(tmp_path: Path) -> None:
    child = [
        sys.executable,
        "-m",
        "tests.markets.interpreted_child",
        str(tmp_path),
        "0",
        str(SEEDS),
    ]
    subprocess.run(child, cwd=ROOT, check=True, env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, timeout=300)
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        panel = random_panel(rng)
        run = simulate(random_legs(rng, panel), panel, random_config(rng))
        with np.load(tmp_path / f"{seed}.npz") as saved:
            assert_same(run, Run(**{name: saved[name] for name in Run._fields}))


@cache
def real_market() -> tuple[Launches, Panel]:
    """The shipped ledger and the real bars of its names, 2026."""
    launches = load_launches()
    have = {path.stem for path in (REAL / "bars").glob("*.csv")}
    codes = [code for code in launches.codes if code in have]
    options = PanelOptions(bad_bars="suspend", fx=REAL / "fx.csv", universe=load_universe())
    return launches, load_panel(codes, "2025-01-02", "2026-05-07", prices=REAL / "bars", options=options)


POLICIES: dict[str, dict[str, Any]] = {
    "strict": {},
    "opened, touch, slippage": {
        "limit_policy": "opened",
        "exit_on": "touch",
        "slippage_bp": 10,
        "slippage_ticks": 1,
    },
    "ignore, paired, closed out": {"limit_policy": "ignore", "pairing": "matched", "close_out": True},
    "small account": {"capital": 80_000.0, "participation": 0.001, "max_gross": 1.0, "maintenance": 0.5},
}


def variants(name: str) -> Iterator[Any]:
    for entry, rules in (("open", {}), ("close", {"stop": 0.05, "target": 0.10, "trail": 0.08, "wait": 6})):
        # There are real bars of no fund, and no gap of 5 % on them that could be sold short.
        own = {"sector-pair": {"shorts": ("basket",)}, "fade-gap": {"min_gap": 0.02}}.get(name, {})
        yield STRATEGIES[name](entry=entry, kinds=tuple(KINDS), **rules, **own)


@pytest.mark.skipif("LAUNCHLAB_REAL_DATA" not in os.environ, reason="LAUNCHLAB_REAL_DATA is not set")
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", STRATEGIES)
def test_both_engines_agree_on_the_shipped_ledger_and_real_bars(name: str, policy: str) -> None:
    launches, panel = real_market()
    for strategy in variants(name):
        legs = checked_legs(strategy.legs(launches, panel), panel)
        assert len(legs) > 0
        config = Config(**POLICIES[policy])
        compiled = execute(legs, panel, config, "compiled")
        assert len(compiled.fills) + len(compiled.blocks) > 0
        assert_same(execute(legs, panel, config, "backtrader"), compiled)
