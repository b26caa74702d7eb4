"""Bars of a few sessions, written by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from launchlab.data.bars.bars import Bars, bars_from_columns


def bars(code: str, days: Sequence[str], close: Sequence[float], **columns: Any) -> Bars:
    """Bars of `code`; open is the close unless given, high and low hold both, the volume is a million."""
    shut = np.asarray(close, float)
    opened = np.asarray(columns.pop("open", shut), float)
    table = {
        "date": np.asarray(days, "M8[D]"),
        "open": opened,
        "high": np.maximum(opened, shut),
        "low": np.minimum(opened, shut),
        "close": shut,
        "volume": np.full(len(shut), 1e6),
    }
    return bars_from_columns(code, table | {name: np.asarray(values) for name, values in columns.items()})
