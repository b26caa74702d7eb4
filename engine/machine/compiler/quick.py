"""Numba in half of the time, for the same machine code but for how lightly its parts are optimised before they are joined.

Each of these ways replaces a part of numba while a marked function is compiled. Where numba is built otherwise than they
expect, a part stays as it is, and compiling takes longer.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from .inlining import quick_inlining
from .inner import only_within_callers
from .liveness import quick_liveness
from .memory import without_collecting
from .passes import light_passes
from .renaming import quick_renaming
from .settings import quick_settings

WAYS = (
    without_collecting, quick_settings, quick_liveness, quick_renaming, quick_inlining, light_passes, only_within_callers,
)  # fmt: skip


@contextmanager
def quick_compiling() -> Iterator[None]:
    """Compile quickly within, while no other thread compiles."""
    from numba.core.compiler_lock import global_compiler_lock

    with global_compiler_lock, ExitStack() as stack:
        for way in WAYS:
            stack.enter_context(way())
        yield
