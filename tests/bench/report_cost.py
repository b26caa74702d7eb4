"""What a whole report costs against the QuantStats sheet alone: medians of fresh processes in turn, one ratio.

    python -m tests.bench.report_cost

A made-up run of three years and 60 launches. Ends with 1 when the ratio is above the promised 1.5.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 5
PROMISED = 1.5
MARKETS = Path(__file__).resolve().parents[1] / "markets"
PREPARE = f"""
import sys, time, warnings
from pathlib import Path
sys.path.insert(0, {str(MARKETS)!r})
from result_fixture import make_result
result, out = make_result(sessions=780, launches=60), Path(sys.argv[1])
started = time.perf_counter()
"""
WORK = {
    "QuantStats alone": """
import logging, matplotlib
warnings.simplefilter("ignore"); logging.disable(); matplotlib.use("Agg")
import quantstats
quantstats.reports.html(result.returns, benchmark=result.benchmark, output=str(out / "sheet.html"),
                        match_dates=False, periods_per_year=253)
""",
    "whole report": """
from launchlab.reports import write_report
write_report(result, out)
""",
}
TELL = "print(time.perf_counter() - started)"


def seconds(work: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", PREPARE + work + TELL, folder]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in WORK}
    for _ in range(ROUNDS):
        for name, work in WORK.items():
            times[name].append(seconds(work))
    alone, whole = (statistics.median(times[name]) for name in WORK)
    print(f"QuantStats alone {alone:.2f} s, whole report {whole:.2f} s, ratio {whole / alone:.2f}")
    sys.exit(whole / alone > PROMISED)


if __name__ == "__main__":
    main()
