"""The files that the examples of the README and the docs use, as they stand there."""

from importlib.resources import as_file, files
from pathlib import Path

from ..data.addresses import refuse_address
from ..data.doors import exists, reason
from ..data.errors import ConfigError
from ..data.files import write_whole

CODE = ".txt"  # behind the name of Python code, which is no part of this program


def write_examples(folder: Path | str = "launchlab-examples") -> tuple[Path, ...]:
    """Write every file of the examples into a folder; returns their paths, sorted.

    A ledger (week.csv), a run file (run.toml) with its instruments, strategies of legs (calm.py) and of backtrader (cross.py), a
    backtrader script (crossing.py), bars, a broker's fills and holdings, terms of index futures (futures.csv), announcements to import
    (hkex.csv with its mapping, hour.json). Where one of the files is there already nothing is written (ConfigError).
    """
    home = Path(folder)
    refuse_address(home, ConfigError, written=True)
    if exists(home) and not home.is_dir():
        raise ConfigError(f"{home} is a file, and the examples are several; name a folder")
    with as_file(files(__package__) / "files") as shipped:
        texts = {
            home / path.relative_to(shipped).as_posix().removesuffix(CODE): path.read_bytes()
            for path in sorted(shipped.rglob("*"))
            if path.is_file()
        }
    for path in texts:
        if exists(path):
            raise ConfigError(f"{path} is there already and is not replaced; name another folder")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
    except (OSError, ValueError) as fault:
        raise ConfigError(f"{home} cannot be written ({reason(fault)}); name another folder") from None
    return tuple(sorted(texts))
