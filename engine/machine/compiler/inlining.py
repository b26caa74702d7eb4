"""Numba's inlining of Python functions, without most of its copying: half of what compiling the engine takes.

Where a function is put into its caller, numba runs its first passes over it again, and copies it twice, each block with
all variables of the function. Here those passes run once for each function, a copy has one set of variables, and the
second copy, which nobody reads, is left out. What is compiled is the same. Where numba is built otherwise, all stays as
it is, and takes longer.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quick_inlining() -> Iterator[None]:
    """Inline quickly within; for one thread at a time."""
    from numba.core import inline_closurecall as place

    worker: Any = getattr(place, "InlineWorker", None)
    if getattr(place, "copy", None) is not copy or not hasattr(worker, "run_untyped_passes"):
        yield
        return
    kept = worker.run_untyped_passes
    place.copy, worker.run_untyped_passes = _Copies(), _once_each(kept)
    try:
        yield
    finally:
        place.copy, worker.run_untyped_passes = copy, kept


def _once_each(run: Any) -> Any:
    """`run`, with its answer for a function kept; whoever is given it copies it, and names its variables after itself."""
    from numba.core.bytecode import FunctionIdentity

    answers: dict[Any, Any] = {}

    def run_untyped_passes(self: Any, func: Any, enable_ssa: bool = False) -> Any:
        key = func, enable_ssa
        if key not in answers:
            answers[key] = run(self, func, enable_ssa)
            return answers[key]
        again = copy.copy(answers[key])
        again.func_id = FunctionIdentity.from_function(func)
        return again

    return run_untyped_passes


class _Copies:
    """In the place of the module `copy`: blocks of one function share the copy of its variables, and copies are not copied."""

    def __init__(self) -> None:
        self.scope: Any = None  # of the function whose blocks are being copied
        self.copied: Any = None  # its copy
        self.done: set[int] = set()  # blocks that have been copied

    def deepcopy(self, block: Any, memo: Any = None) -> Any:
        """As copy.deepcopy."""
        scope = getattr(block, "scope", None)
        if scope is None or memo is not None:
            return copy.deepcopy(block, memo)
        if scope is self.copied:  # a copy that is in no caller yet
            return block
        if scope is not self.scope or id(block) in self.done:
            self.scope, self.copied, self.done = scope, copy.deepcopy(scope), set()
        self.done.add(id(block))
        return copy.deepcopy(block, {id(scope): self.copied})

    def __getattr__(self, name: str) -> Any:
        return getattr(copy, name)
