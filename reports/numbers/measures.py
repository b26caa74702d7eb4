"""Series that several pages draw: returns, drawdown and exposure of a run, also after a bankruptcy."""

from typing import Any

import numpy as np
import pandas as pd

from ...engine.results.result import Result


def drawdown(level: pd.Series, start: float) -> Any:
    """Fall from the highest level so far, the starting one included; shape as `level`, at most 0."""
    values = level.to_numpy(dtype=float)
    return values / np.maximum.accumulate(np.r_[start, values])[1:] - 1.0


def exposure(result: Result) -> pd.DataFrame:
    """Columns long, short (at most 0) and net over equity at each close; NaN without equity. Rows as equity.csv."""
    equity = result.equity
    nav = equity["equity"].where(equity["equity"] > 0.0)
    short = -equity["short"].abs()
    return pd.DataFrame({"long": equity["long"] / nav, "short": short / nav, "net": equity["net"] / nav})
