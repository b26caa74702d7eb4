"""Addresses of the web where a path is asked for: other readers take them, this program reads and writes files alone."""

import os
import re
from pathlib import Path

from .errors import DataError, LaunchlabError

# A scheme, which has more letters than a Windows drive, and slashes, of which a path keeps one.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[/\\]+")


def refuse_address(path: Path, error: type[LaunchlabError] = DataError, *, written: bool = False) -> None:
    """An `error` where a path is no path but an address, unless something lies there; `written`: something is to be put there.

    >>> refuse_address(Path("https://example.org/bars.zip"))
    Traceback (most recent call last):
    ...
    launchlab.data.errors.DataError: https://example.org/bars.zip is an address, and only files on this machine are read; download it and give its path
    """
    text = str(path)
    found = _ADDRESS.match(text)
    if found is None or os.path.exists(path):
        return
    scheme, rest = found[1], text[found.end() :]
    if scheme.lower() == "file":
        raise error(f"file:///{rest} is an address, and files are named by their paths; give /{rest}")
    what = (
        "only folders and files on this machine are written; give the path of one"
        if written
        else "only files on this machine are read; download it and give its path"
    )
    raise error(f"{scheme}://{rest} is an address, and {what}")
