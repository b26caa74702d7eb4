"""An impatient fetch in a process of its own: python fetch_child.py STORE START END CODES…"""

import json
import sys
from datetime import date
from pathlib import Path

from launchlab.data.instruments.table import load_instruments
from launchlab.data.patience import Patience
from launchlab.data.providers.choose import make_provider
from launchlab.data.store.fetch import fetch
from launchlab.data.store.store import Store


def main(store: str, start: str, end: str, *codes: str) -> None:
    table = load_instruments()
    report = fetch(
        [table[code] for code in codes],
        (date.fromisoformat(start), date.fromisoformat(end)),
        provider=make_provider("yahoo", Patience(timeout=1.0, attempts=4, first_pause=0.05)),
        store=Store(Path(store)),
    )
    sys.stdout.write(json.dumps(report.to_json()))


if __name__ == "__main__":
    main(*sys.argv[1:])
