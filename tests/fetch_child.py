"""A process of its own for `launchlab.data.fetch`: python fetch_child.py STORE START END TIMEOUT REFRESH CODES…"""

import json
import sys
from datetime import date
from pathlib import Path

from launchlab.data.fetch import fetch
from launchlab.data.instruments import load_instruments
from launchlab.data.prices import Store
from launchlab.data.providers import Patience, make_provider


def main(store: str, start: str, end: str, timeout: str, refresh: str, *codes: str) -> None:
    table = load_instruments()
    report = fetch(
        [table[code] for code in codes],
        (date.fromisoformat(start), date.fromisoformat(end)),
        provider=make_provider("yahoo", Patience(float(timeout), attempts=4, first_pause=0.05)),
        store=Store(Path(store)),
        refresh=refresh == "refresh",
        on_progress=lambda done, total, outcome: sys.stderr.write(f"{done}/{total} {outcome}\n") and None,
    )
    sys.stdout.write(json.dumps(report.to_json()))


if __name__ == "__main__":
    main(*sys.argv[1:])
