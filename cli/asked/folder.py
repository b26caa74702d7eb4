"""What a folder given as --out holds, checked and said before anything is made for it."""

from pathlib import Path

from ...data.doors import look
from ...data.errors import ConfigError
from ..terminal.echo import echo


def check_out(folder: Path, kind: str) -> None:
    """Refuse a folder that holds something else than an older `kind` (run, study); say of that one that it goes."""
    from ...data.files import check_folder
    from ...engine.results.summary import SUMMARY, read_summary

    check_folder(folder)
    if not (folder / SUMMARY).is_file():
        return
    before = read_summary(folder)
    if before.kind != kind:
        raise ConfigError(f"{folder} is the folder of a {before.kind}; choose another folder with --out")
    echo(f"launchlab: {folder} holds an older {kind}, which is replaced", err=True)


def folder_of(path: str) -> Path:
    """The folder of a run, sweep or study, also where one of its own files is named."""
    place = Path(path)
    try:
        look(place)
        if place.is_dir():
            return place
        if place.is_file() and place.name in OWN_FILES:
            return place.parent
        there = place.exists()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path[:80]} cannot be used as a folder ({reason}); name another") from None
    what = "is a file" if there else "is not there"
    raise ConfigError(f"{path} {what}; name the folder of a run, such as runs/week")


OWN_FILES = ("index.html", "tearsheet.html", "summary.json")  # of a folder that a user may name in its place
