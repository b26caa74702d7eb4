"""A folder or a zip of minute bars: one file for each code, named after it, such as 600519.csv or 600519_5min.csv.

A vendor's limit pools may lie beside them, as limit_pool….csv.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from ..errors import DataError
from ..instruments.codes import derive
from ..instruments.spellings import securities
from ..listing import Listing
from .pools import STEM, Seal, content_to_seals
from .read import MinuteRows, content_to_rows

_LENGTH = re.compile(r"[_-](\d{1,2})(m|min)$", re.I)


@dataclass(frozen=True)
class MinuteFolder:
    """Minute bars by code in a folder or a zip; a path that is neither, or holds no code, is a DataError."""

    path: Path

    def codes(self) -> tuple[str, ...]:
        """Codes that have a file."""
        return tuple(self._files)

    def read(self, code: str) -> tuple[MinuteRows, ...]:
        """The minute bars of a code that has a file, one series; two files of it are a DataError."""
        names = self._files[code]
        if len(names) > 1:
            raise DataError(
                f"{self.path} has two files of {code}, {names[0]} and {names[1]}; keep the right one"
            )
        content, name = self._listing.read(names[0])
        rows = content_to_rows(content, name, code)
        digest = hashlib.sha256(content).hexdigest()
        return (
            replace(rows, source={"path": name, "source": PurePosixPath(names[0]).name, "sha256": digest}),
        )

    def seals(self) -> tuple[Seal, ...]:
        """The rows of the limit pools in the folder: files whose names begin with `limit_pool`."""
        return tuple(seal for name in self._pools for seal in content_to_seals(*self._listing.read(name)))

    @cached_property
    def _pools(self) -> tuple[str, ...]:
        return tuple(name for name in self._listing.names if STEM.match(PurePosixPath(name).stem))

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.path, "minute bars")

    @cached_property
    def _files(self) -> dict[str, tuple[str, ...]]:
        files: dict[str, tuple[str, ...]] = {}
        for name in self._listing.names:
            for code in codes_of(PurePosixPath(name).stem) if name not in self._pools else ():
                files[code] = (*files.get(code, ()), name)
        if not files and not self._pools:
            raise DataError(f"{self.path} holds no minute bars; name its files after codes, as 600519.csv")
        return files


def codes_of(stem: str) -> tuple[str, ...]:
    """The shares that a file's name may mean, its length such as `_5min` left out.

    >>> codes_of("600519_5min"), codes_of("0700.HK"), codes_of("notes")
    (('600519.SS',), ('0700.HK',), ())
    """
    meant = sorted(securities(_LENGTH.sub("", stem)))
    return tuple(code for code in meant if derive(code).board != "index")
