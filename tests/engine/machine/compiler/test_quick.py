"""Numba in half of the time: every way is in force with the numba that is installed, answers as numba does, and is put back."""

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import analysis, codegen, cpu, ir_utils, postproc, ssa
from numba.core.analysis import compute_cfg_from_blocks, compute_use_defs
from numba.core.compiler import run_frontend
from numba.core.targetconfig import TargetConfig

from launchlab.engine.compiled import days, holding, orders
from launchlab.engine.lanes import exits, rows
from launchlab.engine.machine.compiler.inner import CALLED_FROM_CODE, CALLED_FROM_PYTHON, only_within_callers
from launchlab.engine.machine.compiler.instead import instead
from launchlab.engine.machine.compiler.liveness import live_map, quick_liveness
from launchlab.engine.machine.compiler.memory import without_collecting
from launchlab.engine.machine.compiler.passes import light_passes
from launchlab.engine.machine.compiler.quick import WAYS, quick_compiling
from launchlab.engine.machine.compiler.renaming import quick_renaming
from launchlab.engine.machine.compiler.settings import quick_settings

Way = Callable[[], AbstractContextManager[None]]
REPLACED: dict[Way, tuple[tuple[Any, str], ...]] = {
    quick_settings: ((TargetConfig, "values"),),
    quick_liveness: tuple((place, "compute_live_map") for place in (analysis, ir_utils, postproc)),
    quick_renaming: ((ssa, "_run_block_rewrite"), (ssa, "_run_ssa_block_pass")),
    light_passes: ((codegen.CPUCodegen, "_function_pass_manager"),),
    only_within_callers: (
        (codegen.CPUCodeLibrary, "_finalize_final_module"),
        (cpu.CPUContext, "get_executable"),
    ),
}
# long ones of the engine's own, with loops, early returns and variables that are assigned again and again
READ = (days._run, holding.look_ahead, orders.enter, exits.find_exits, rows.close_rows)


@pytest.mark.parametrize("way", REPLACED, ids=lambda way: way.__name__)
def test_a_way_is_in_force_with_this_numba_and_put_back_after_a_failure(way: Way) -> None:
    places = REPLACED[way]
    usual = [getattr(owner, name) for owner, name in places if hasattr(owner, name)]

    def fails() -> None:
        with way():
            now = [getattr(owner, name) for owner, name in places if hasattr(owner, name)]
            assert usual
            assert not any(a is b for a, b in zip(usual, now, strict=True))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [getattr(owner, name) for owner, name in places if hasattr(owner, name)] == usual


def test_what_asks_for_something_else_is_left_alone() -> None:
    class Other:
        def values(self, more: int) -> int:
            return more

    with instead(Other, "values", ("self",), lambda _: None), instead(Other, "gone", (), lambda _: None):
        assert Other().values(3) == 3


@pytest.mark.parametrize("function", READ, ids=lambda one: one.__name__)
def test_what_is_alive_is_as_numba_has_it(function: Any) -> None:
    blocks = run_frontend(function).blocks
    cfg, (used, defined) = compute_cfg_from_blocks(blocks), compute_use_defs(blocks)
    assert len(blocks) > 10
    assert live_map(cfg, blocks, used, defined) == analysis.compute_live_map(cfg, blocks, used, defined)


@pytest.mark.parametrize("function", READ, ids=lambda one: one.__name__)
def test_values_get_the_names_that_numba_gives(function: Any) -> None:
    usual, quick = run_frontend(function), run_frontend(function)
    ssa.reconstruct_ssa(usual)
    with quick_renaming():
        ssa.reconstruct_ssa(quick)
    text = [
        [str(statement) for block in ir.blocks.values() for statement in block.body] for ir in (usual, quick)
    ]
    assert text[0] == text[1]
    assert any("phi" in line for line in text[0])


def test_settings_are_told_as_numba_tells_them() -> None:
    flags = numba.core.compiler.Flags()
    flags.nrt, flags.inline = True, "always"
    usual, one = flags.values(), hash(flags)
    with quick_settings():
        assert flags.values() == usual
        assert hash(flags) == one
        assert flags == flags.copy()


def _chain(options: dict[str, Any]) -> Any:
    """A function that calls another twice, which calls a third that may raise."""

    @numba.njit(**options)
    def root(x: float) -> float:
        if x < 0.0:
            raise ValueError("less than nothing")
        return float(np.sqrt(x))

    @numba.njit(**options)
    def middle(values: Any, k: int) -> float:
        return root(values[k]) + k

    @numba.njit(**{**options, **CALLED_FROM_PYTHON, "no_cpython_wrapper": False})
    def outer(values: Any) -> float:
        return middle(values, 0) * middle(values, 1)

    return outer


def test_inner_functions_answer_and_raise_within_their_callers() -> None:
    values = np.array([4.0, 9.0])
    wanted = _chain({})(values)
    with only_within_callers():
        quick = _chain(CALLED_FROM_CODE)
        assert quick(values) == wanted
    again = _chain(CALLED_FROM_CODE)
    with quick_compiling():
        assert again(values) == wanted
    for one in (quick, again):
        with pytest.raises(ValueError, match="less than nothing"):
            one(np.array([4.0, -1.0]))


def test_inner_functions_make_no_machine_code_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    usual = codegen.JITCPUCodegen._add_module

    def counted(self: Any, module: Any) -> Any:
        made.append(module.name)
        return usual(self, module)

    monkeypatch.setattr(codegen.JITCPUCodegen, "_add_module", counted)
    with only_within_callers():
        _chain(CALLED_FROM_CODE)(np.array([4.0, 9.0]))
    assert [name for name in made if "root" in name or "middle" in name] == []
    assert any("outer" in name for name in made)


def test_nothing_is_collected_within_unless_it_was_not_before() -> None:
    assert gc.isenabled()
    with without_collecting():
        assert not gc.isenabled()
        with without_collecting():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_compiling_quickly_takes_all_ways() -> None:
    assert set(REPLACED) < set(WAYS)
    with quick_compiling():
        assert not gc.isenabled()
        for places in REPLACED.values():
            for owner, name in places:
                assert getattr(owner, name, None) is None or "launchlab" in _module_of(getattr(owner, name))


def _module_of(one: Any) -> str:
    return str(getattr(one, "__module__", None) or type(one).__module__)
