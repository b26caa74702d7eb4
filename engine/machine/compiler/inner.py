"""Functions that only compiled code calls: no way into them from Python, and no machine code but in their callers.

Numba makes machine code of each function on its own, and of each again within every caller, where all of it is put
together and optimised anew. What nobody calls from outside has no use for the first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from .instead import instead

CALLED_FROM_PYTHON: dict[str, Any] = {"no_cfunc_wrapper": True}  # options of numba.njit
CALLED_FROM_CODE: dict[str, Any] = {**CALLED_FROM_PYTHON, "no_cpython_wrapper": True}
ENVIRONMENT = "_ZN08NumbaEnv"  # how the names begin of what numba keeps for a function beside its code


@contextmanager
def only_within_callers() -> Iterator[None]:
    """Within, functions without a way into them from Python get no machine code of their own."""
    from numba.core.codegen import CPUCodeLibrary
    from numba.core.cpu import CPUContext

    needed = ("_finalize_dynamic_globals", "_verify_declare_only_symbols", "_ensure_finalized")
    if not all(hasattr(CPUCodeLibrary, name) for name in needed):
        yield
        return
    inner = _Inner()
    with (
        instead(CPUCodeLibrary, "_finalize_final_module", ("self",), inner.ending),
        instead(CPUContext, "get_executable", ("self", "library", "fndesc", "env"), inner.making),
    ):
        yield


class _Inner:
    """The libraries, as numba calls what it makes of one function, that have no way into them from Python."""

    def __init__(self) -> None:
        self.libraries: WeakSet[Any] = WeakSet()

    def ending(self, usual: Any) -> Any:
        """In the place of `_finalize_final_module`, after which others link a library: without machine code for an inner one."""

        def finalize(library: Any) -> None:
            if library not in self.libraries:
                usual(library)
                return
            library._finalize_dynamic_globals()
            library._verify_declare_only_symbols()
            library._finalized = True

        return finalize

    def making(self, usual: Any) -> Any:
        """In the place of `get_executable`, which asks for machine code: for an inner function a name that cannot be called."""
        from numba import _dynfunc

        def make(context: Any, library: Any, fndesc: Any, env: Any) -> Any:
            if library._finalized or _defines(library, fndesc.llvm_cpython_wrapper_name):
                made = usual(context, library, fndesc, env)
                _set_environments(library)
                return made
            self.libraries.add(library)
            library._ensure_finalized()
            name, text = fndesc.qualname.split(".")[-1], f"{fndesc.qualname}, called from compiled code alone"
            return _dynfunc.make_function(fndesc.lookup_module(), name, text, 0, env, (library,))

        return make


def _defines(library: Any, name: str) -> bool:
    return any(one.name == name for one in library._final_module.functions)


def _set_environments(library: Any) -> None:
    """Give the functions within a library what numba keeps for each beside its code."""
    from numba.core.environment import lookup_environment

    for one in library._final_module.global_variables:
        env = lookup_environment(one.name) if one.name.startswith(ENVIRONMENT) else None
        if env is not None and library.codegen._engine.is_symbol_defined(one.name):
            library.codegen.set_env(one.name, env)
