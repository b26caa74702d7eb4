"""Folders of pages, each put in its place in one step: whole or not at all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.files import put_folder

if TYPE_CHECKING:
    from ..engine.backtest.reaction import Reaction
    from ..engine.results.result import Result
    from ..engine.results.summary import Inputs
    from ..engine.study.findings import Study


def write_study(study: "Study", folder: Path | str, *, inputs: "Inputs | None" = None) -> None:
    """Write the whole folder of a study: study.csv, events.csv, paths.csv, summary.json and the page.

    An older study there is replaced, anything else refused (ConfigError). `inputs` is what its market was asked with, for
    a reader of the summary.
    """

    def write(made: Path) -> None:
        from .study import write_study as write_page

        study.write(made, inputs)
        write_page(study, made)

    put_folder(Path(folder), write)


def write_sweep(folder: Path | str) -> Path:
    """Draw the map of a finished sweep, from its points.parquet and summary.json, into its folder; returns the page.

    An older map is replaced, a page that is not ours refused (ConfigError).
    """
    from .sweep import write_sweep_folder

    write_sweep_folder(Path(folder))
    return Path(folder) / "index.html"


def write_reaction(found: "Reaction", folder: Path | str = "runs/reaction") -> Path:
    """The page of reaction times, with reaction.csv, written into `folder`; an older one is replaced, anything else refused."""
    from .reaction import write_reaction as write_page

    put_folder(Path(folder), lambda made: write_page(found, made))
    return Path(folder) / "index.html"


def compare(runs: "Sequence[Path | str] | Mapping[str, Result]", folder: Path | str = "runs/compare") -> Path:
    """The page that compares runs, written into `folder`: of their folders, or of results by the name to show.

    The first is the one the others are compared with. ConfigError for fewer than two, DataError for a folder that holds
    no run.
    """
    from .compare import write_comparison

    results = dict(runs) if isinstance(runs, Mapping) else _read(list(map(Path, runs)))
    put_folder(Path(folder), lambda made: write_comparison(results, made))
    return Path(folder) / "index.html"


def _read(folders: Sequence[Path]) -> "dict[str, Result]":
    """Results by the last part of their folders, or by the whole path where two would have one name."""
    from ..engine.results.result import load_result

    names = [folder.resolve().name for folder in folders]
    named = names if len(set(names)) == len(names) else list(map(str, folders))
    return {name: load_result(folder) for name, folder in zip(named, folders, strict=True)}
