"""The provider of a name, and the chain of several that are asked in turn.

Names are those of `SOURCES` and of other packages' entry points in the group `launchlab.providers`, each of which is
called without arguments and returns a Provider.
"""

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ..bars.reconcile import PREFERENCE
from ..errors import ConfigError, SourceError, did_you_mean
from ..patience import Patience
from .chain import Chain
from .provider import Provider

AUTO = "auto"
FILES = "files"
GROUP = "launchlab.providers"


class Listed(NamedTuple):
    """A source that comes with the program: its file in this folder and class, the client and variable that it needs."""

    module: str
    kind: str
    client: str = ""
    extra: str = ""
    variable: str = ""

    @property
    def missing(self) -> str:
        """Why the source cannot be asked here; '' where it can."""
        if self.client and find_spec(self.client) is None:
            return f"{self.client} is not installed; run `pip install 'launchlab[{self.extra}]'`"
        if self.variable and not os.environ.get(self.variable):
            return f"the environment variable {self.variable} is not set; it holds your token"
        return ""


SOURCES: Mapping[str, Listed] = MappingProxyType(
    {
        "yahoo": Listed("yahoo", "Yahoo"),
        "baostock": Listed("baostock", "Baostock", client="baostock", extra="cn"),
        "tushare": Listed("tushare", "Tushare", variable="TUSHARE_TOKEN"),
        "eastmoney": Listed("eastmoney", "Eastmoney", client="akshare", extra="akshare"),
        "sina": Listed("sina", "Sina", client="akshare", extra="akshare"),
    }
)
PROVIDERS = (*SOURCES, FILES)
# Clients that stand before several sources: asked for by the client's name, they are a chain.
TOGETHER: Mapping[str, tuple[str, ...]] = MappingProxyType({"akshare": ("eastmoney", "sina")})

USUAL_PATIENCE = Patience()
# Where another source stands behind the one that is asked.
SHORT_PATIENCE = Patience(timeout=20.0, attempts=4, first_pause=1.0, longest_pause=10.0)


def provider_names() -> tuple[str, ...]:
    """Every name that can be asked for, those of other packages last."""
    return (AUTO, *PROVIDERS, *TOGETHER, *sorted(plugged()))


def plugged() -> Mapping[str, EntryPoint]:
    """Providers of other packages by name; one that takes a name of ours is left out."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    return {name: point for name, point in found.items() if name not in (AUTO, *PROVIDERS, *TOGETHER)}


def make_provider(
    name: str,
    patience: Patience = USUAL_PATIENCE,
    *,
    path: Path | None = None,
    volume_unit: str = "",
    accept_adjusted: bool = False,
) -> Provider:
    """The provider of that name; `path` and the two after it belong to `files` alone.

    An unknown name, `files` without a path and a path for another provider are ConfigErrors; a client or token that is
    not there is a SourceError.
    """
    others = plugged()
    if name not in (*PROVIDERS, *others):
        known = (AUTO, *PROVIDERS, *TOGETHER, *sorted(others))
        raise ConfigError(
            f"{name!r} is no provider{did_you_mean(name, known)}; use one of {', '.join(known)}"
        )
    if (name == FILES) != (path is not None):
        raise ConfigError("the provider files reads a folder or zip, the others do not: give both or neither")
    if path is not None:
        from .files import Files

        return Files(path, volume_unit, accept_adjusted)
    if name in others:
        return _loaded(others[name])
    listed = SOURCES[name]
    if listed.missing:
        raise SourceError(f"{name}: {listed.missing}")
    made: Provider = getattr(import_module(f".{listed.module}", __package__), listed.kind)(patience)
    return made


def make_chain(
    names: str,
    patience: Patience | None = None,
    *,
    path: Path | None = None,
    volume_unit: str = "",
    accept_adjusted: bool = False,
) -> Chain:
    """The sources named, asked in turn: `auto` (all, the fittest for each exchange first), or names in a row.

    `patience` is shorter than usual unless given where there are several. `baostock,yahoo` asks Yahoo where baostock fails. Of `auto`, a source whose client or token is missing is left out
    and named; of names in a row, it is a SourceError.
    """
    wanted = [one for name in names.split(",") if (one := name.strip())]
    if AUTO in wanted and (path is not None or len(wanted) > 1):
        raise ConfigError("auto chooses among all sources by itself: name it alone, without `path`")
    if wanted != [AUTO]:
        named = [one for name in wanted for one in TOGETHER.get(name, (name,))]
        if not named:
            raise ConfigError(f"{names!r} names no provider; use one of {', '.join(provider_names())}")
        made = [
            make_provider(
                name,
                patience or (SHORT_PATIENCE if len(named) > 1 else USUAL_PATIENCE),
                path=path if name == FILES or len(named) == 1 else None,
                volume_unit=volume_unit,
                accept_adjusted=accept_adjusted,
            )
            for name in named
        ]
        return Chain({one.name: one for one in made}, asked=tuple(one.name for one in made))
    skipped = {name: one.missing for name, one in SOURCES.items() if one.missing}
    ready: Sequence[str] = [name for name in SOURCES if name not in skipped]
    made = [make_provider(name, patience or SHORT_PATIENCE) for name in (*ready, *plugged())]
    return Chain({one.name: one for one in made}, order=PREFERENCE, skipped=skipped)


def _loaded(point: EntryPoint) -> Provider:
    """The provider of an entry point; one that cannot be loaded or is none is a ConfigError."""
    try:
        made = point.load()()
    except Exception as error:  # noqa: BLE001 - somebody else's code: whatever it raises is told, not hidden
        raise ConfigError(
            f"the provider {point.name} of {point.value} cannot be made ({type(error).__name__}: {error}); "
            "upgrade or remove its package"
        ) from None
    if not isinstance(made, Provider):
        raise ConfigError(
            f"the provider {point.name} of {point.value} has not all of name, parallel, gives, bars and close; "
            "its author can try it with `ll.check_provider`"
        )
    return made
