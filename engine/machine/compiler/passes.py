"""How thoroughly a function is optimised before it is put together with those that it calls: as little as is needed.

All of it is optimised again, and thoroughly, when it stands together: the machine code is as quick.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .instead import instead

LIGHT: dict[str, Any] = {"opt": 2, "loop_vectorize": False, "slp_vectorize": False}


@contextmanager
def light_passes() -> Iterator[None]:
    """Within, functions on their own are optimised lightly."""
    from numba.core.codegen import CPUCodegen

    def lightly(usual: Any) -> Any:
        return lambda codegen, **options: usual(codegen, **(LIGHT | options))

    with instead(CPUCodegen, "_function_pass_manager", ("self", "kwargs"), lightly):
        yield
