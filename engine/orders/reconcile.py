"""What a broker really filled, beside what the model filled: slippage by fill and reason, and what only one of them has."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.errors import DataError
from ...data.shown import Shown, Told, counted
from ..results.result import Result
from .fills import read_fills

if TYPE_CHECKING:
    import pandas as pd

KEYS = ["session", "code", "side"]
MATCHED, MODEL_ONLY, BROKER_ONLY = "both", "model only", "broker only"


@dataclass(frozen=True, repr=False)
class Reconciled(Shown):
    """Fills by session, code and side. `table`: one row for each, with who has it (`filled`: both, model only, broker
    only), shares and mean price of both, `slippage_bp` against the trader, `slippage` and `missed` in local money (what the
    broker's price cost for the shares that both have; value of the shares that it did not fill) and the model's `reason`.

    `notes`: how codes were read, which rows were no trades, which columns were not read.
    `by_reason`: fills, shares, slippage_bp (weighted by value) and slippage of those that both have, by the model's reason.
    """

    table: "pd.DataFrame"
    by_reason: "pd.DataFrame"
    notes: tuple[str, ...] = ()

    def _told(self) -> Told:
        parts = self.table["filled"].value_counts()
        facts = {str(name): f"{n:,}" for name, n in parts.items()} | {
            "slippage": f"{self.slippage_bp:.2f} bp"
        }
        return Told(f"Reconciled: {counted(len(self.table), 'fill')}", facts)

    @property
    def slippage_bp(self) -> float:
        """Of all that both filled, weighted by value; NaN where there is none."""
        return _weighted(self.table[self.table["filled"] == MATCHED])

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        rows = {"fills": self.table, "by_reason": self.by_reason}
        listed = {name: _records(each) for name, each in rows.items()}
        total = self.slippage_bp
        notes = {"notes": list(self.notes)}
        return {"slippage_bp": total if np.isfinite(total) else None, **listed, **notes}


def reconcile(result: Result, fills: "Path | str | pd.DataFrame") -> Reconciled:
    """Compare a run with what was really filled.

    `fills` has `session`, `code`, `price` and signed `shares`, or a `side` (buy or sell) besides, or a broker's own headings
    for these. DataError for a row that makes no sense; ConfigError for a table without the columns.
    """
    import pandas as pd

    ours = result.fills
    given = read_fills(fills, set(ours["code"]))
    theirs = given.table
    model = _grouped(
        pd.DataFrame(
            {"session": ours["session"], "code": ours["code"], "shares": ours["shares"], "price": ours["price"],
             "reason": ours["reason"], "launch": ours["launch"]}
        )
    )  # fmt: skip
    first, last = result.summary.start, result.summary.end
    outside = theirs[(theirs["session"] < first) | (theirs["session"] > last)]
    if len(outside):
        raise DataError(
            f"a fill of {outside['code'].iloc[0]} on {outside['session'].iloc[0]} lies outside the run, {first} to {last}; "
            "name the run of those sessions"
        )
    both = model.merge(_grouped(theirs), on=KEYS, how="outer", suffixes=("_model", "_broker"))
    shares = [both[f"shares_{who}"].abs().to_numpy(float) for who in ("model", "broker")]
    there = [np.isfinite(each) for each in shares]
    both["filled"] = np.select([there[0] & there[1], there[0]], [MATCHED, MODEL_ONLY], BROKER_ONLY)
    common = np.fmin(*shares)
    sign = np.where(both["side"] == "buy", 1.0, -1.0)
    worse = sign * (both["price_broker"] - both["price_model"])
    both["slippage_bp"] = 1e4 * worse / both["price_model"]
    both["slippage"] = worse * common
    both["missed"] = np.where(there[0], np.fmax(shares[0] - np.nan_to_num(shares[1]), 0.0), 0.0) * both[
        "price_model"
    ].fillna(0.0)
    columns = [*KEYS, "filled", "shares_model", "shares_broker", "price_model", "price_broker", "slippage_bp",
               "slippage", "missed", "reason", "launch"]  # fmt: skip
    table = both[columns].sort_values(KEYS, ignore_index=True)
    return Reconciled(table, _by_reason(table), given.notes)


def _grouped(rows: "pd.DataFrame") -> "pd.DataFrame":
    """One row for each session, code and side: shares, mean price, and the words of the model joined."""
    rows = rows.assign(side=np.where(rows["shares"] > 0, "buy", "sell"), paid=rows["shares"] * rows["price"])
    words = {
        name: (name, lambda each: ", ".join(dict.fromkeys(map(str, each))))
        for name in ("reason", "launch")
        if name in rows
    }
    found = rows.groupby(KEYS, as_index=False).agg(shares=("shares", "sum"), paid=("paid", "sum"), **words)
    return found.assign(price=found["paid"] / found["shares"]).drop(columns="paid")


def _by_reason(table: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    matched = table[table["filled"] == MATCHED]
    rows = [
        (reason, len(each), each["shares_model"].abs().sum(), _weighted(each), each["slippage"].sum())
        for reason, each in matched.groupby("reason")
    ]
    return pd.DataFrame(rows, columns=["reason", "fills", "shares", "slippage_bp", "slippage"])


def _weighted(rows: "pd.DataFrame") -> float:
    value = (rows["price_model"] * rows[["shares_model", "shares_broker"]].abs().min(axis=1)).to_numpy(float)
    return float(np.average(rows["slippage_bp"], weights=value)) if value.sum() > 0 else float("nan")


def _records(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    columns = [str(name) for name in rows.columns]
    return [
        {name: None if value != value else value for name, value in zip(columns, row, strict=True)}
        for row in rows.astype(object).itertuples(index=False)
    ]
