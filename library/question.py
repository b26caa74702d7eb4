"""What a sweep asks, as plain values: two sweeps that ask for the same write the same, and may continue each other."""

import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from .._version import __version__
from ..data.market.market import Market
from ..engine.search.search import Search
from ..engine.search.storage import absolute, hidden
from ..engine.search.study import study_name
from ..engine.sweeps.grid import BROKERAGE, CONFIG
from ..engine.sweeps.job import SweepJob
from .chosen import Chosen


def asked_of_points(chosen: Chosen, market: Market, job: SweepJob, seed: int) -> dict[str, Any]:
    """What decides the table of points of a grid, or of a draw from it by `seed`."""
    panel, grid = job.panel, job.grid
    return {
        "strategy": chosen.name,
        "strategy_sha256": chosen.sha256,
        "parameters": chosen.fixed,
        "grid": {name: [_plain(value) for value in values] for name, values in grid.values.items()},
        "points": len(grid),
        "seed": None if grid.draws is None else seed,
        "analyzers": list(chosen.analyzers),
        "config": _without(job.config.told(), CONFIG, grid.values),
        "brokerage": _without(job.brokerage.model_dump(mode="json"), BROKERAGE, grid.values),
        "currency": panel.currency,
        "start": str(panel.sessions[0]),
        "end": str(panel.sessions[-1]),
        "simulated": panel.simulated,
        "bad_bars": market.request.bad_bars,
        "launches_sha256": market.launches.sha256,
        "data": [dict(source) for source in panel.provenance],
        "version": __version__,
        **chosen.sizing,
    }


def asked_of_search(asked: Mapping[str, Any], search: Search, storage: str | None) -> dict[str, Any]:
    """What decides the trials of a search: they may grow, everything else decides what is found."""
    wanted = {name: value for name, value in asked.items() if name != "points"}
    about = {"kind": search.kind, "objectives": list(search.objectives), "batch": search.batch}
    about |= {"prune": search.prune, "storage": None if storage is None else hidden(absolute(storage))}
    return {**wanted, "grid_points": asked["points"], "seed": search.seed, "search": about}


def study_of(asked: Mapping[str, Any]) -> str:
    """The name of the study: the same on every machine that asks the same of the same bars."""
    same = dict(asked) | {"search": {**asked["search"], "storage": None}}
    same["data"] = [{"code": source["code"], "sha256": source["sha256"]} for source in asked["data"]]
    return study_name(json.dumps(same, sort_keys=True))


def word_of(value: Any) -> str:
    """A short name of plain values, in the ledger of trials."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def usual_folder(chosen: Chosen, market: Market) -> Path:
    """runs/sweep-STRATEGY-START-END."""
    name, sessions = chosen.name.rpartition(":")[2], market.panel.sessions
    return Path("runs") / f"sweep-{name}-{sessions[0]}-{sessions[-1]}"


def _without(fields: Mapping[str, Any], prefix: str, grid: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that are not swept: what the base says of the others decides nothing."""
    return {name: value for name, value in fields.items() if prefix + name not in grid}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    scalar = value is None or isinstance(value, bool | int | float | str)
    return value if scalar else getattr(value, "__qualname__", None) or str(value)
