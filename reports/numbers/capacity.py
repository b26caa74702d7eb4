"""How much money a run could have carried before its own orders became too large a share of the volume."""

import numpy as np
import pandas as pd

from ...engine.results.capacity import LEVELS, carried
from ...engine.results.result import Result

PARTICIPATION = (0.01, 0.02, 0.05, 0.10, 0.20)


def entry_shares_of_volume(result: Result) -> pd.Series:
    """Shares entered over the session's volume, one per session and code; codes without volume are left out."""
    entries = result.fills[result.fills["reason"] == "entry"]
    size = entries["shares"].abs().groupby([entries["session"], entries["code"]]).sum()
    volume = result.prices.set_index(["session", "code"])["volume"]
    share = size / volume.reindex(size.index).replace(0.0, np.nan)
    return share.dropna()


def capacity(result: Result) -> pd.DataFrame:
    """Starting capital, in base currency, at which entries reach each participation.

    Columns: participation; `first` (the tightest entry reaches it), `tenth` (a tenth of the entries do), `half`. Sizes
    are taken to grow with capital; the price an order itself moves is not counted. Empty without entries.
    """
    share = entry_shares_of_volume(result)
    columns = ["participation", *LEVELS]
    if share.empty:
        return pd.DataFrame(columns=columns)
    shares, capital = share.to_numpy(float), result.summary.capital
    rows = [(p, *(carried(shares, capital, p, level) for level in LEVELS)) for p in PARTICIPATION]
    return pd.DataFrame(rows, columns=columns)
