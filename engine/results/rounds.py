"""Round trips and drawdowns of a finished run, as tables: what people look for first in any backtest."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from .result import Result

OPEN = "still open"
TRIPS = (
    "code", "launch", "side", "opened", "closed", "sessions", "shares", "currency", "paid", "received", "profit", "share", "costs", "why",
)  # fmt: skip
FALLS = ("peak", "lowest", "back", "depth", "sessions", "down", "up")


def round_trips(result: "Result") -> "pd.DataFrame":
    """One row for each position from its first fill to its last, in the order of opening; columns `TRIPS`.

    `side` is long or short; `opened` and `closed` are sessions, `closed` empty and `why` "still open" where shares are left;
    `sessions` were held, counted on the run's own; `shares` of the entries; `paid` and `received` are mean local prices of entries and
    exits (NaN before the first exit). `profit` is in base currency after trading costs, open shares at their last price, before
    dividends, their tax and borrowing; `share` is of what was entered. Several legs in one code are several trips.
    """
    import pandas as pd

    fills = result.fills
    if fills.empty:
        return pd.DataFrame({name: [] for name in TRIPS})
    row = {day: t for t, day in enumerate(result.equity["session"])}
    key = [fills["launch"], fills["code"], fills["leg"]]
    shares = fills["shares"].astype(float)
    side = np.sign(shares.groupby(key, sort=False).transform("first"))
    entry = np.sign(shares) == side
    local = shares.abs() * fills["price"]
    sums = pd.DataFrame(
        {
            "entered": shares.abs().where(entry, 0.0), "entered_at": local.where(entry, 0.0),
            "left": shares.abs().where(~entry, 0.0), "left_at": local.where(~entry, 0.0),
            "value": (local * fills["fx"]).where(entry, 0.0), "flow": -shares * fills["price"] * fills["fx"] - fills["costs"],
            "costs": fills["costs"], "rest": shares,
        }
    ).groupby(key, sort=False).sum()  # fmt: skip
    ends = fills.assign(side=side).groupby(key, sort=False)
    first, last = ends.first(), ends.last()
    marks = _last_marks(result).reindex(sums.index.get_level_values("code"))
    # a split between entry and exit leaves a remainder of shares that nobody holds
    is_open = (marks["value"].fillna(0.0).to_numpy() * sums["rest"].to_numpy() > 0.0) & (
        sums["rest"].to_numpy() * first["side"].to_numpy() > 0.0
    )
    worth = np.where(is_open, sums["rest"].to_numpy() * marks["unit"].fillna(0.0).to_numpy(), 0.0)
    profit = sums["flow"].to_numpy() + worth
    closed = np.where(is_open, "", last["session"])
    ended = np.where(is_open, result.equity["session"].iloc[-1], last["session"])
    with np.errstate(divide="ignore", invalid="ignore"):
        received = np.where(sums["left"] > 0.0, sums["left_at"] / sums["left"], np.nan)
        return pd.DataFrame(
            {
                "code": sums.index.get_level_values("code"), "launch": sums.index.get_level_values("launch"),
                "side": np.where(first["side"] > 0, "long", "short"), "opened": first["session"].to_numpy(), "closed": closed,
                "sessions": [row[b] - row[a] for a, b in zip(first["session"], ended, strict=True)],
                "shares": sums["entered"].to_numpy(), "currency": first["currency"].to_numpy(),
                "paid": (sums["entered_at"] / sums["entered"]).to_numpy(), "received": received, "profit": profit,
                "share": profit / sums["value"].to_numpy(), "costs": sums["costs"].to_numpy(),
                "why": np.where(is_open, OPEN, last["reason"]),
            }
        )[list(TRIPS)]  # fmt: skip


def _last_marks(result: "Result") -> "pd.DataFrame":
    """Of every code held at the last close: value, and the price of a share in base currency."""
    held = result.positions
    held = held[held["session"] == result.equity["session"].iloc[-1]].set_index("code")
    return held.assign(unit=held["price"] * held["fx"])[["value", "unit"]]


def drawdowns(result: "Result", most: int = 10) -> "pd.DataFrame":
    """The `most` deepest falls of equity from a peak, deepest first; columns `FALLS`.

    `peak`, `lowest` and `back` are sessions; `peak` is empty where the starting capital was it, `back` where it is not made up yet. `depth` is
    a fraction below 0; `sessions` from the peak until it is made up, or to the last; `down` to the lowest and `up` from there.
    """
    import pandas as pd

    days = result.equity["session"].to_numpy()
    level = np.r_[result.summary.capital, result.equity["equity"].to_numpy(float)]
    under = level / np.maximum.accumulate(level) - 1.0
    below = under < 0.0
    starts = np.flatnonzero(below[1:] & ~below[:-1])  # of the peak, in `level`
    rows = []
    for peak in starts.tolist():
        after = np.flatnonzero(~below[peak + 1 :])
        back = peak + 1 + int(after[0]) if len(after) else None
        end = len(level) - 1 if back is None else back
        low = peak + 1 + int(np.argmin(under[peak + 1 : end + 1]))
        rows.append(
            (days[peak - 1] if peak else "", days[low - 1], "" if back is None else days[back - 1], float(under[low]),
             end - peak, low - peak, end - low)
        )  # fmt: skip
    found = pd.DataFrame(rows, columns=list(FALLS))
    return found.sort_values("depth", kind="stable").head(most).reset_index(drop=True)
