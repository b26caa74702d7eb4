"""The provider of a name."""

from pathlib import Path

from ..errors import ConfigError, did_you_mean
from ..patience import Patience
from .provider import Provider

PROVIDERS = ("yahoo", "baostock", "files")


USUAL_PATIENCE = Patience()


def make_provider(
    name: str,
    patience: Patience = USUAL_PATIENCE,
    *,
    path: Path | None = None,
    volume_unit: str = "",
    accept_adjusted: bool = False,
) -> Provider:
    """The provider of that name; `path` and the two after it belong to `files` alone.

    An unknown name, `files` without a path and a path for another provider are ConfigErrors.
    """
    if name not in PROVIDERS:
        raise ConfigError(
            f"{name!r} is no provider{did_you_mean(name, PROVIDERS)}; use one of {', '.join(PROVIDERS)}"
        )
    if (name == "files") != (path is not None):
        raise ConfigError("the provider files reads a folder or zip, the others do not: give both or neither")
    if path is not None:
        from .files import Files

        return Files(path, volume_unit, accept_adjusted)
    if name == "baostock":
        from .baostock import Baostock

        return Baostock(patience)
    from .yahoo import Yahoo

    return Yahoo(patience)
