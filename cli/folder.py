"""The whole folder of a run, put in its place in one step."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..data.files import put_folder

if TYPE_CHECKING:
    from ..engine.results.result import Result


def write_report(result: "Result", folder: Path | str) -> None:
    """Write the whole folder of a run: tables, summary, run book and tear sheet.

    The folder appears complete or not at all; an older run there is replaced, anything else refused (ConfigError).
    """
    from ..reports import write_report as write

    put_folder(Path(folder), lambda made: write(result, made))
