"""A name of its own for each value that a variable takes: numba's pass, without the blocks that do not mention the variable.

Numba looks at every statement of a function, twice for each variable that is assigned more than once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .instead import instead


@contextmanager
def quick_renaming() -> Iterator[None]:
    """Rename quickly within."""
    from numba.core import ssa

    asks = ("blocks", "states", "handler")
    with (
        instead(ssa, "_run_block_rewrite", asks, _Rewrite),
        instead(ssa, "_run_ssa_block_pass", ("states", "blk", "handler"), lambda _: _each_statement),
    ):
        yield


class _Rewrite:
    """In the place of `_run_block_rewrite`: blocks that do not mention the variable stay as they are."""

    def __init__(self, usual: Any) -> None:
        self.usual = usual
        self.seen: dict[int, tuple[Any, set[str]]] = {}  # blocks by identity, and the names in them

    def __call__(self, blocks: Mapping[int, Any], states: dict[str, Any], handler: Any) -> dict[int, Any]:
        """The blocks as they are after the handler has seen them."""
        after = {}
        for label, block in blocks.items():
            names = self._names(block)
            if states["varname"] in names:
                after[label] = self.usual({label: block}, states, handler)[label]
                # no name but the variable's own is new, and that one is never asked for again
                self.seen[id(after[label])] = after[label], names
            else:
                after[label] = block
        return after

    def _names(self, block: Any) -> set[str]:
        known = self.seen.get(id(block))
        if known is None or known[0] is not block:
            names = {one.name for statement in block.body for one in statement.list_vars()}
            known = self.seen[id(block)] = block, names
        return known[1]


def _each_statement(states: dict[str, Any], blk: Any, handler: Any) -> Iterator[Any]:
    """As `_run_ssa_block_pass`, without a line for the log about each."""
    from numba.core.ir import Assign

    for statement in blk.body:
        seen = handler.on_assign if isinstance(statement, Assign) else handler.on_other
        yield seen(states, statement)
