"""Which versions of libraries are installed, read off the names of their folders.

`importlib.metadata` would parse each description, with the library of e-mail: a seventh of a short command's time. It
is asked where a folder's name does not say.
"""

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

DESCRIBED = (".dist-info", ".egg-info")  # folders that describe an installed distribution


@cache
def version(distribution: str) -> str:
    """The version of an installed distribution; PackageNotFoundError where there is none."""
    wanted = _plain(distribution)
    for place, name in _described():
        known, dash, rest = name.removesuffix(DESCRIBED[0]).partition("-")
        if dash and _plain(known) == wanted and (place / name / "METADATA").is_file():
            return rest
    from importlib import metadata

    return metadata.version(distribution)


def is_offered(group: str) -> bool:
    """Whether an installed distribution may have entry points of a group; True where nobody can tell."""
    folders = [Path(place or ".") for place in sys.path]
    if any(place.is_file() for place in folders):  # a zip
        return True
    heading = f"[{group}]".encode()
    return any(heading in _content(place / name / "entry_points.txt") for place, name in _described())


def _described() -> Iterator[tuple[Path, str]]:
    """Folders of descriptions by place and name, in the order in which Python looks for modules."""
    for place in dict.fromkeys(sys.path):
        try:
            names = sorted(os.listdir(place or "."))
        except OSError:
            continue
        yield from ((Path(place or "."), name) for name in names if name.endswith(DESCRIBED))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _plain(name: str) -> str:
    """A distribution's name as folders spell it."""
    return name.lower().replace("-", "_").replace(".", "_")
