"""A file to start a strategy of one's own from, with its tests; both run as they are."""

import keyword
import re
import sys
from importlib.resources import files
from pathlib import Path

from ..data.addresses import refuse_address
from ..data.errors import ConfigError
from ..data.files import write_whole

KINDS = ("legs", "native")
# A file of such a name would be imported in the place of the module, or is a device on Windows, whatever its ending.
TAKEN = frozenset(("launchlab", "backtrader", "numpy", "pandas", "numba", "pydantic", "pytest"))
DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[1-9]")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def new_strategy(name: str, folder: Path | str = ".", *, backtrader: bool = False) -> tuple[Path, Path]:
    """Write NAME.py with a commented strategy and test_NAME.py with its tests; returns both paths.

    `name` may be written `gap-fader`, `gap_fader` or `GapFader`. `backtrader`: a subclass of backtrader.Strategy. A file that is
    there is never replaced (ConfigError).
    """
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    if not _WORD.fullmatch(name) or keyword.iskeyword(stem) or stem.startswith("test_"):
        raise ConfigError(
            f"{name[:80]!r} cannot name a strategy's file and class; take letters, digits and dashes, such as gap-fader"
        )
    if stem in TAKEN or stem in sys.stdlib_module_names:
        raise ConfigError(
            f"{stem}.py would be imported in the place of the module {stem}; choose another name"
        )
    if DEVICES.fullmatch(stem):
        raise ConfigError(
            f"{stem}.py cannot be a file on Windows, where {stem} is a device; choose another name"
        )
    refuse_address(Path(folder), ConfigError, written=True)
    place, test = Path(folder) / f"{stem}.py", Path(folder) / f"test_{stem}.py"
    for path in (place, test):
        if path.exists():
            raise ConfigError(f"{path} is there already and is not replaced; choose another name")
    words = {
        "Name": "".join(part[:1].upper() + part[1:] for part in stem.split("_")),
        "file": place.name,
        "test": test.name,
        "module": stem,
    }
    if words["Name"] == "TradeRules":
        raise ConfigError("TradeRules is the name of what the strategy is made from; choose another name")
    kind = KINDS[backtrader]
    Path(folder).mkdir(parents=True, exist_ok=True)
    write_whole(test, _filled(f"test_{kind}.txt", words))
    write_whole(place, _filled(f"{kind}.txt", words))
    return place, test


def _filled(template: str, words: dict[str, str]) -> str:
    text = (files(__package__) / "starting" / template).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text
