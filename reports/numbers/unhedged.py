"""How much of the market a run held, as a small table."""

import pandas as pd

from ...data.figures import percent
from ...engine.results.summary import RunSummary
from .tables import Column, Table, table

COLUMNS = (
    Column("what", "As a share of equity"),
    Column("net", "Net", percent, "number", "Long less short"),
    Column("beta_net", "Net × beta", percent, "number", "The net weighted by betas against the benchmark"),
)


def unhedged(summary: RunSummary) -> Table:
    """Net and beta-adjusted net, over sessions with a position and over launches; no row where nothing was held."""
    told = summary.exposure or {}
    rows = [
        ("mean of sessions with a position", told.get("mean_net"), told.get("mean_beta_net")),
        ("mean of launches, as wanted", told.get("launch_wanted_net"), None),
        ("mean of launches, as filled", told.get("launch_net"), told.get("launch_beta_net")),
    ]
    by_beta = told.get("against") is not None
    for what, name in (
        ("mean left unhedged, either way", "mean_unhedged"),
        (_largest(told.get("largest_on")), "largest_unhedged"),
    ):
        size = told.get(name)
        rows.append((what, None if by_beta else size, size if by_beta else None))
    held = told.get("mean_unhedged") is not None
    frame = pd.DataFrame(rows if held else [], columns=[column.key for column in COLUMNS])
    return table(frame, COLUMNS, id="unhedged", caption="Net exposure", file="summary.json")


def _largest(day: object) -> str:
    return f"largest left unhedged, on {day}"
