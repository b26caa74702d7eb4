"""Bars written in the house format: columns and parquet bytes that read back to the same bars."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from .bars import NO_ACTION, PRICES, Bars

# What a source says of its bars beside their rows, kept with them: the name now, and what it cannot know.
TOLD = ("name", "said")


def bars_to_columns(bars: Bars) -> dict[str, NDArray[Any]]:
    """The house format's columns of `bars`, without the optional ones that say nothing.

    An action on a day without a bar becomes a suspended row with empty prices.
    """
    extra = np.setdiff1d(bars.actions["session"], bars.sessions)
    days = np.concatenate([bars.sessions, extra])
    order = np.argsort(days, kind="stable") if len(extra) else np.arange(len(days))

    def column(values: NDArray[Any], empty: float) -> NDArray[Any]:
        padding = np.full(len(extra), empty, values.dtype)
        return np.asarray(np.concatenate([values, padding])[order])

    columns: dict[str, NDArray[Any]] = {"date": days[order]}
    columns |= {name: column(getattr(bars, name), np.nan) for name in PRICES}
    columns["volume"] = column(bars.volume, 0.0)
    for name in ("pre_close", "amount"):
        if not np.isnan(getattr(bars, name)).all():
            columns[name] = column(getattr(bars, name), np.nan)
    if bars.suspended.any() or len(extra):
        columns["status"] = column(~bars.suspended, 0.0)
    if (bars.st >= 0).any():
        columns["st"] = column(np.where(bars.st < 0, np.nan, bars.st).astype(np.float64), np.nan)
    for name, nothing in NO_ACTION.items():
        if len(bars.actions) and (bars.actions[name] != nothing).any():
            values = np.full(len(days), nothing)
            values[np.searchsorted(columns["date"], bars.actions["session"])] = bars.actions[name]
            columns[name] = values
    return columns


def bars_to_parquet(bars: Bars) -> bytes:
    """The house format as parquet bytes; the same bars give the same bytes."""
    columns = bars_to_columns(bars)
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    table = table.set_column(0, "date", table.column("date").cast(pa.date32()))
    told = {f"launchlab.{what}": str(bars.source[what]) for what in TOLD if bars.source.get(what)}
    table = table.replace_schema_metadata({"launchlab.code": bars.code} | told)
    sink = io.BytesIO()
    pa.parquet.write_table(
        table, sink, compression="none", use_dictionary=False, write_statistics=False, store_schema=True
    )
    return sink.getvalue()
