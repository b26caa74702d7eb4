"""A run's folder: made whole beside its place, then put there in one step, so that no reader sees half a run."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.errors import ConfigError

if TYPE_CHECKING:
    from ..engine.results.result import Result

SUMMARY = "summary.json"


def write_report(result: "Result", folder: Path | str) -> None:
    """Write the whole folder of a run: tables, summary, run book and tear sheet.

    The folder appears complete or not at all; an older run there is replaced, anything else refused (ConfigError).
    """
    from ..reports import write_report as write

    put_folder(Path(folder), lambda made: write(result, made))


def check_folder(folder: Path, proof: str = SUMMARY) -> None:
    """Refuse a folder that holds something else than our pages (no file `proof`), before any work is done."""
    try:
        strange = folder.is_dir() and any(folder.iterdir()) and not (folder / proof).is_file()
        is_file = folder.exists() and not folder.is_dir()
    except OSError as error:
        raise ConfigError(f"{folder} cannot be used ({error.strerror}); choose another with --out") from None
    if is_file:
        raise ConfigError(f"{folder} is a file; choose another folder with --out")
    if strange:
        raise ConfigError(f"{folder} holds files that are not a run's; choose another folder with --out")


def put_folder(folder: Path, write: Callable[[Path], None], proof: str = SUMMARY) -> None:
    """Let `write` fill a new folder, then put it in the place of `folder`; a failure leaves the old one untouched.

    An old run is replaced only if it holds nothing but what the new one holds.
    """
    check_folder(folder, proof)
    made: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        made.chmod(0o755)
        write(made)
        _replace(made, folder)
    except OSError as error:
        raise ConfigError(
            f"{folder} could not be written ({error.strerror or error}); choose another with --out"
        ) from None
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def _replace(made: Path, folder: Path) -> None:
    if folder.is_dir():
        strange = sorted({one.name for one in folder.iterdir()} - {one.name for one in made.iterdir()})
        if strange and any(folder.iterdir()):
            raise ConfigError(
                f"{folder} holds {', '.join(strange[:3])}, which the new run would not; "
                "move them away, or choose another folder with --out"
            )
        old = made.with_name(made.name + ".old")
        folder.rename(old)
        try:
            made.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
        return
    made.rename(folder)
