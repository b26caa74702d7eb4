"""The pictures of the README: `python -m tests.bench.pictures docs/pictures` runs the sample and photographs its pages.

Needs Chromium on the path. Each picture is a page of this package, opened without a network.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launchlab.data.errors import ConfigError

COMMANDS: Mapping[str, str] = {
    "long-short": "backtest",
    "buy-launch": "backtest --strategy buy-launch",
    "concepts": "backtest --set longs=pure_play,concept,supplier --set kinds=launch,preview,leak --set gross=0.2",
    "study": "study",
    "sweep": "sweep --grid hold=1:20 --grid stop=none,0.03,0.05,0.08,0.12",
    "compare": "report compare long-short buy-launch",
}
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=6000",
)  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """One picture: a page of one of the `COMMANDS`, whole from the top or one section of it, at a size."""

    name: str
    page: str
    section: str = ""
    size: tuple[int, int] = (1280, 900)
    dark: bool = False


SHOTS = (
    Shot("book", "long-short/index.html"),
    Shot("book-dark", "long-short/index.html", dark=True),
    Shot("book-phone", "long-short/index.html", size=(500, 1400)),
    Shot("launches", "concepts/index.html", "launch-charts"),
    Shot("tearsheet", "long-short/tearsheet.html"),
    Shot("study", "study/index.html", size=(1280, 1200)),
    Shot("study-launches", "study/index.html", "each"),
    Shot("sweep", "sweep/index.html", "map", size=(1280, 780)),
    Shot("compare", "compare/index.html"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every picture into the folder that is the one argument; 1 when a command or a picture failed."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if len(words) != 1:
        sys.stderr.write("usage: python -m tests.bench.pictures FOLDER\n")
        return 2
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise ConfigError("pictures need Chromium on the path; on Debian, apt-get install chromium")
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        failed = [name for name, command in COMMANDS.items() if not _run(name, command, Path(place))]
        failed += [shot.name for shot in SHOTS if not _take(browser, shot, Path(place), folder)]
    if failed:
        sys.stderr.write(f"not made: {', '.join(failed)}\n")
    return 1 if failed else 0


def _run(name: str, command: str, place: Path) -> bool:
    program = [
        sys.executable,
        "-c",
        "from launchlab.cli import main; main()",
        *command.split(),
        "--out",
        name,
    ]
    return subprocess.run(program, cwd=place, stdout=subprocess.DEVNULL).returncode == 0


def _take(browser: str, shot: Shot, place: Path, folder: Path) -> bool:
    page = place / shot.page
    if not page.exists():
        return False
    if shot.section:
        page = _alone(page, shot.section)
    target = (folder / f"{shot.name}.png").resolve()
    with tempfile.TemporaryDirectory() as profile:
        width, height = shot.size
        words = [f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={target}"]
        if shot.dark:
            words.append("--blink-settings=preferredColorScheme=0")
        done = subprocess.run([browser, *FLAGS, *words, page.resolve().as_uri()], capture_output=True)
    return done.returncode == 0 and target.exists()


def _alone(page: Path, section: str) -> Path:
    """A copy of the page that shows one section of it."""
    only = f"<style>h1,.lede,.answer,.head,nav,footer,main>section:not(#{section}){{display:none}}</style></head>"
    copy = page.with_name(f"{section}.html")
    copy.write_text(page.read_text(encoding="utf-8").replace("</head>", only, 1), encoding="utf-8")
    return copy


if __name__ == "__main__":
    sys.exit(main())
