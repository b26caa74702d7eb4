"""What `launchlab --help` costs against `python -c "import click"`: medians of runs made in turn, one ratio.

    python -m tests.bench.help_cost

Ends with 1 when the ratio is above the promised 3.
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 20
PROMISED = 3.0
COMMANDS = {
    "click": [sys.executable, "-c", "import click"],
    "help": [
        sys.executable,
        "-c",
        "import sys; sys.argv[1:] = ['--help']; from launchlab.cli import main; main()",
    ],
}


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    click, shown = (statistics.median(times[name]) for name in ("click", "help"))
    print(
        f"import click {click * 1e3:.0f} ms, launchlab --help {shown * 1e3:.0f} ms, ratio {shown / click:.2f}"
    )
    sys.exit(shown / click > PROMISED)


if __name__ == "__main__":
    main()
