"""How soon a large run book can be used in a browser: milliseconds from the start of the navigation.

    python -m tests.bench.page_cost

A made-up run of three years and 60 launches. Cold is a new browser process with an empty profile, warm the second visit
in it. `readable`: the first words stand on the screen; `chart`: the equity chart is drawn and answers the mouse; `tables`:
sorting and filters work. Ends with 1 when the median of the cold charts is above the promised second.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from launchlab.reports import write_report

from ..markets.browser import chromium
from ..markets.result_fixture import make_result

ROUNDS = 5
PROMISED = 1000
SETTLED = 2.5  # seconds after which everything on the first screen has been drawn
TIMES = """
const first = (name) => (performance.getEntriesByName(name)[0] || {}).startTime;
return {readable: first("first-contentful-paint"), chart: first("chart equity"),
        tables: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd};
"""


def visits(page: Path) -> list[dict[str, Any]]:
    """The cold and the warm visit of one new browser."""
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as browser:
        size = {"width": 1440, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        found = []
        for _ in ("cold", "warm"):
            browser.get(page.as_uri())
            time.sleep(SETTLED)
            found.append(browser.execute_script(TIMES))
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_report(make_result(sessions=780, launches=60), place)
        for name in ("index.html", "plotly.min.js", "tearsheet.html"):
            print(f"{name} {(place / name).stat().st_size / 1e6:.2f} MB")
        runs = [visits(place / "index.html") for _ in range(ROUNDS)]
    cold = 0.0
    for i, name in enumerate(("cold", "warm")):
        shown = {key: sorted(run[i][key] for run in runs) for key in runs[0][i]}
        told = ", ".join(
            f"{key} {statistics.median(ms):.0f} ({ms[0]:.0f}–{ms[-1]:.0f})" for key, ms in shown.items()
        )
        print(f"{name}: {told} ms")
        cold = cold or statistics.median(shown["chart"])
    sys.exit(cold > PROMISED)


if __name__ == "__main__":
    main()
