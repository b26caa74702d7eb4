"""Numba's inlining with less copying: in force with the numba that is installed, of the same answers, and put back afterwards."""

import copy
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import inline_closurecall

from launchlab.engine.machine.compiler.inlining import quick_inlining


def least(a: float, b: float) -> float:
    found = a
    if b < a:
        found = b
    return found


def chain() -> Any:
    """A function into which others are put, one of them twice and through a third; nothing is compiled yet."""
    inner = numba.njit(inline="always")(least)

    @numba.njit(inline="always")
    def middle(values: Any, k: int) -> float:
        found = inner(values[k], 7.0)
        return found if found > 0 else inner(-found, values[0])

    @numba.njit
    def outer(values: Any) -> float:
        total = 0.0
        for k in range(len(values)):
            total += middle(values, k) * inner(values[k], float(k)) + middle(values, 0)
        return total

    return outer


def test_what_is_inlined_quickly_answers_the_same() -> None:
    values = np.random.default_rng(3).normal(0.0, 9.0, 200)
    usual, quick = chain(), chain()
    wanted = usual(values)
    with quick_inlining():
        assert quick(values) == wanted
    assert quick.py_func is not usual.py_func


def test_each_function_is_read_once_and_its_variables_are_copied_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    kept = inline_closurecall.InlineWorker.run_untyped_passes

    def counted(self: Any, func: Any, enable_ssa: bool = False) -> Any:
        read.append(func.__name__)
        return kept(self, func, enable_ssa)

    monkeypatch.setattr(inline_closurecall.InlineWorker, "run_untyped_passes", counted)
    with quick_inlining():
        chain()(np.ones(3))
    assert sorted(read) == ["least", "middle"]


def test_numba_is_as_before_afterwards_and_another_numba_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = inline_closurecall.InlineWorker.run_untyped_passes

    def fails() -> None:
        with quick_inlining():
            assert inline_closurecall.copy is not copy
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert inline_closurecall.copy is copy
    assert inline_closurecall.InlineWorker.run_untyped_passes is kept
    monkeypatch.delattr(inline_closurecall, "InlineWorker")
    with quick_inlining():
        assert inline_closurecall.copy is copy
