"""Which launches can be traded from which row on."""

from .....data.ledger.launch import Launch, Launches
from .....data.panel.panel import Panel
from .....data.panel.reach import first_rows

Notices = dict[int, list[tuple[int, Launch, list[int]]]]


def notices(launches: Launches, panel: Panel) -> Notices:
    """By row: (number, launch, columns) of the launches whose first reachable open it is.

    A launch comes once for each row on which some of its codes can first be traded, with those codes; one without
    codes in the panel comes at the first open of any exchange. Rows before the second are not in it: no order can
    be sent before the first session has closed.
    """
    rows = first_rows(launches, panel, "open")
    used = sorted({int(e) for e in panel.exchange_of})
    by_row: Notices = {}
    for k, launch in enumerate(launches):
        columns = [panel.column(c.code) for c in launch.codes if c.code in panel]
        at = {int(rows[k, panel.exchange_of[i]]) for i in columns}
        if not columns:
            reach = [int(rows[k, e]) for e in used if rows[k, e] > 0]
            at = {min(reach)} if reach else set()
        for row in sorted(at):
            if 0 < row < len(panel):
                own = [i for i in columns if rows[k, panel.exchange_of[i]] == row]
                by_row.setdefault(row, []).append((k, launch, own))
    return by_row
