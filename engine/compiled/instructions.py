"""What numba puts in the place of the functions of processor.py: instructions of the processor.

Imported when numba is first needed, never for Python.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, overload

from .processor import fetch_line, pick, take_next


@intrinsic
def _select(context: Any, condition: Any, a: Any, b: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return types.float64(types.boolean, types.float64, types.float64), build


@overload(pick)
def _pick(condition: bool, a: float, b: float) -> Callable[..., Any]:
    def picked(condition: bool, a: float, b: float) -> Any:
        return _select(condition, a, b)

    return picked


@intrinsic
def _fetch(_: Any, array: Any, row: Any) -> Any:
    """LLVM's prefetch of the row's address."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, values[0])
        stride = builder.extract_value(view.strides, 0)
        start = builder.ptrtoint(view.data, stride.type)
        row = context.cast(builder, values[1], signature.args[1], types.int64)
        place = builder.add(start, builder.mul(row, stride))
        address = builder.inttoptr(place, ir.IntType(8).as_pointer())
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch",
            [address.type],
            ir.FunctionType(ir.VoidType(), [address.type] + [ir.IntType(32)] * 3),
        )
        builder.call(prefetch, [address] + [ir.Constant(ir.IntType(32), one) for one in (0, 3, 1)])
        return context.get_dummy_value()

    return types.void(array, row), build


@overload(fetch_line, inline="always")
def _fetch_line(array: Any, row: Any) -> Any:
    def fetch(array: Any, row: Any) -> Any:
        _fetch(array, row)

    return fetch


@intrinsic
def _fetch_and_add(_: Any, array: Any, n: Any) -> Any:
    """LLVM's atomic addition to the first element."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, values[0])
        added = context.cast(builder, values[1], signature.args[1], types.int64)
        return builder.atomic_rmw("add", view.data, added, "monotonic")

    return types.int64(array, n), build


@overload(take_next)
def _take_next(place: Any, n: Any) -> Any:
    def take(place: Any, n: Any) -> Any:
        return _fetch_and_add(place, n)

    return take
