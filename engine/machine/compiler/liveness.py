"""Which variables are alive where: numba's answer, with the bits of whole numbers in the place of sets of names.

Numba joins a set of all that is known so far at each step from block to block, again and again until nothing changes; in a
function of thousands of variables and hundreds of blocks that took a tenth of its compilation.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import compress
from typing import Any

from .instead import instead

Names = set[str]


@contextmanager
def quick_liveness() -> Iterator[None]:
    """Find what is alive quickly within."""
    from numba.core import analysis, ir_utils, postproc

    asks = ("cfg", "blocks", "var_use_map", "var_def_map")
    with ExitStack() as stack:
        for place in (analysis, ir_utils, postproc):
            stack.enter_context(instead(place, "compute_live_map", asks, lambda _: live_map))
        yield


def live_map(
    cfg: Any, blocks: Mapping[int, Any], var_use_map: Mapping[int, Names], var_def_map: Mapping[int, Names]
) -> dict[int, Names]:
    """Of each block the variables that are alive at its entry, as numba's `compute_live_map` has it."""
    bits = _Bits()
    used = {block: bits.of(var_use_map[block]) for block in blocks}
    defined = {block: bits.of(var_def_map[block]) for block in blocks}
    order = list(cfg.topo_order())
    before = {block: [one for one, _ in cfg.predecessors(block)] for block in order}
    reach = _reaching({block: used[block] | defined[block] for block in blocks}, order, before)
    live, changed = dict(used), True
    while changed:
        changed = False
        for block in reversed(order):
            for one in before[block]:
                more = live[one] | (live[block] & reach[one] & ~defined[one])
                changed |= more != live[one]
                live[one] = more
    return {block: bits.names(live[block]) for block in blocks}


def _reaching(own: dict[int, int], order: list[int], before: Mapping[int, list[int]]) -> dict[int, int]:
    """What is used or defined in a block or on a way to it; `own` of each block."""
    reach, changed = dict(own), True
    while changed:
        changed = False
        for block in order:
            more = reach[block]
            for one in before[block]:
                more |= reach[one]
            changed |= more != reach[block]
            reach[block] = more
    return reach


class _Bits:
    """A bit for each name."""

    def __init__(self) -> None:
        self.bit: dict[str, int] = {}

    def of(self, names: Names) -> int:
        """The bits of some names."""
        found = 0
        for name in names:
            found |= self.bit.setdefault(name, 1 << len(self.bit))
        return found

    def names(self, bits: int) -> Names:
        """The names of some bits."""
        return set(compress(self.bit, map(int, reversed(f"{bits:b}"))))
