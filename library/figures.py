"""The charts of the pages as Plotly figures, for notebooks: the same data, drawn by the plotly package."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..data.errors import ConfigError, LaunchlabError, did_you_mean
from ..data.shown import SIMULATED
from ..engine.results.result import Result
from ..engine.study.findings import Study
from .sweep import Sweep

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 460  # pixels


def figure(of: Result | Sweep | Study, name: str) -> "Figure":
    """A chart of a run, a sweep or a study as a `plotly.graph_objects.Figure`; an unknown name is a ConfigError.

    A run has equity, exposure, launches, path, rolling, turnover, waterfall and clocks; a sweep map, plateau, spread and what its verdict rests
    on; a study paths and waterfall. What a run, sweep or study has nothing of is left out. Needs the extra `notebook`.
    """
    found = _found(of)
    if name not in found:
        raise ConfigError(
            f"there is no figure {name[:60]!r}{did_you_mean(name, found)}; take one of {', '.join(found)}"
        )
    return _drawn(found[name], _simulated(of))


def figures(of: Result | Sweep | Study) -> Mapping[str, "Figure"]:
    """Every chart of a run, a sweep or a study, by name, as `figure` gives it."""
    return {name: _drawn(one, _simulated(of)) for name, one in _found(of).items()}


def _found(of: Result | Sweep | Study) -> dict[str, dict[str, Any]]:
    if isinstance(of, Result):
        from ..reports.run import run_figures

        return run_figures(of)
    if isinstance(of, Sweep):
        from ..reports.sweep import sweep_figures

        return sweep_figures(of.points, of.summary)
    if isinstance(of, Study):
        from ..reports.study import study_figures

        return {{"path": "paths"}.get(name, name): one for name, one in study_figures(of).items()}
    raise ConfigError(f"a {type(of).__name__} has no figures; give a run's Result, a Sweep or a Study")


def _simulated(of: Result | Sweep | Study) -> bool:
    return of.simulated if isinstance(of, Study) else of.summary.simulated


def _drawn(one: dict[str, Any], simulated: bool) -> "Figure":
    try:
        from plotly.graph_objects import Figure
    except ModuleNotFoundError:
        raise LaunchlabError(
            "figures need plotly, which is not installed; pip install 'launchlab[notebook]'"
        ) from None
    from ..reports.charts.colors import colored

    title = {"title": {"text": SIMULATED}} if simulated else {}
    layout = {"template": "plotly_white", "height": HEIGHT} | title | one["layout"]
    return Figure(colored({"data": one["data"], "layout": layout}))
