"""The files of a folder or a zip that are named after codes, listed once and read by name."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from .doors import Archive, is_folder, is_zip, read_bytes
from .errors import DataError

ENDINGS = (".csv", ".parquet")


@dataclass(frozen=True)
class Listing:
    """CSV and parquet files in `path`; `what` they hold is how a DataError calls them: `bars`, `minute bars`."""

    path: Path
    what: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """In order; hidden files are left out. DataError for a path that is neither folder nor zip, or cannot be listed."""
        if self._archive is not None:
            return tuple(name for name in self._archive.names if _is_table(name))
        try:
            return tuple(sorted(path.name for path in self.path.iterdir() if _is_table(path.name)))
        except OSError as error:
            raise DataError(
                f"{self.path} cannot be listed ({error.strerror}); check its permissions"
            ) from None

    def read(self, name: str) -> tuple[bytes, str]:
        """What a listed file holds, and how a message names it."""
        if self._archive is not None:
            return self._archive.read(name), f"{self.path}!{name}"
        return read_bytes(self.path / name), str(self.path / name)

    @cached_property
    def _archive(self) -> Archive | None:
        if is_folder(self.path):
            return None
        if not is_zip(self.path):
            raise DataError(
                f"{self.path} is not a folder or zip of {self.what}; give one holding CODE.csv or CODE.parquet files"
            )
        return Archive(self.path)


def _is_table(name: str) -> bool:
    base = PurePosixPath(name).name
    return base.lower().endswith(ENDINGS) and not base.startswith((".", "_"))
