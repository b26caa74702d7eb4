"""The page of reaction times: what each minute of delay cost the mean launch, and how sure that is."""

from functools import partial
from pathlib import Path

from ..data.figures import number, percent
from ..data.files import write_whole
from ..engine.backtest.reaction import Reaction
from .charts.plots import line, rounded
from .charts.shares import Figure, in_percent
from .numbers.tables import Column, table
from .page import render

POINTS = (
    Column("minutes", "Minutes to the order", number, "number"),
    Column("launches", "Launches traded", number, "number"),
    Column("captured", "Mean launch captured", percent, "number", "Share of the net asset value on the launch's eve, over all launches"),
    Column("captured_low", "from", percent, "number", "2.5 % of a bootstrap over launches"),
    Column("captured_high", "to", percent, "number", "97.5 % of a bootstrap over launches"),
    Column("cost", "Cost of the delay", percent, "number", "How much less than at the shortest time, launch by launch"),
    Column("cost_low", "from", percent, "number"),
    Column("cost_high", "to", percent, "number"),
    Column("total_return", "Total return", partial(percent, digits=2), "number"),
)  # fmt: skip


def write_reaction(found: Reaction, folder: Path) -> None:
    """Write index.html and reaction.csv into a folder."""
    rows = found.table
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "reaction.csv", rows.to_csv(index=False, lineterminator="\n"))
    render(
        "reaction.html",
        folder / "index.html",
        found=found,
        simulated=found.simulated,
        figures={"captured": captured_figure(found), "cost": cost_figure(found)},
        points=table(rows, POINTS, id="points", caption="Every reaction time", file="reaction.csv"),
    )


def captured_figure(found: Reaction) -> Figure:
    """What the mean launch captured at each reaction time, with its band."""
    return _curve(found, "captured", "mean launch captured", "strategy")


def cost_figure(found: Reaction) -> Figure:
    """How much less than at the shortest time, with its band."""
    return _curve(found, "cost", "cost of the delay", "short")


def _curve(found: Reaction, name: str, title: str, color: str) -> Figure:
    rows = found.table
    x = rows["minutes"].tolist()
    edge = {"width": 0, "showlegend": False, "hoverinfo": "skip"}
    data = [
        line(x, rounded(rows[f"{name}_low"], 6), "from", color, **edge),
        line(
            x,
            rounded(rows[f"{name}_high"], 6),
            "95 % band",
            color,
            width=0,
            fill="tonexty",
            fillcolor="var:band",
            hoverinfo="skip",
        ),
        line(x, rounded(rows[name], 6), title, color, width=2.2),
    ]
    layout = {
        "xaxis": {"title": {"text": "minutes from the news to the order"}},
        "yaxis": {"title": {"text": "share of net asset value"}},
        "hovermode": "x unified",
    }
    return in_percent({"data": data, "layout": layout})
