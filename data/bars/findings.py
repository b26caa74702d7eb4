"""Findings of the checks: what each kind of fault means, how bad it is, and what to do.

| fault | severity | what it means |
|---|---|---|
| duplicate, unsorted, not_a_session | error | the session itself is wrong |
| missing_price, non_positive, ohlc | error | a price that cannot have been |
| off_tick, beyond_limit | error | a price the exchange would not have accepted that day |
| action | error | a corporate action that cannot be, or that the prices of its ex-date contradict |
| not_checked | error | a file that cannot be read, or a code that the rule book does not know |
| leap | error | without a limit or an action, an opening price at half, double or further |
| adjusted | error | turnover says, session after session, that other prices were paid |
| not_daily | error | weekly or monthly bars |
| unruled | warning | a session before the board's, or the book's, first rule |
| unsure_limit | warning | beyond the limit among the first bars of a code whose listing day is unknown |
| unseen_action | warning | an action of some size of which the opening price shows little |
| gap | warning | Hong Kong: opened a third away from the close before |
| turnover | warning | turnover over volume is no price of that day |
| missing_session | warning | open exchange, no bar: a suspension, or a hole of the source |
| stale | warning | prices without volume: not tradable |
| repeated | warning | the same bar, volume included, as the session before |
| pre_close | warning | differs from the previous close and the known actions |
| volume_units | warning | the turnover says that volume is not in shares |
| scale | warning | prices in cents, or volume in lots, by what shares of these exchanges trade |
| disagrees | warning | a second source differs by more than one tick |
| not_final | warning | a session that is not over, or has not been, by this machine's clock |
| unread_column | warning | a column of the file that nobody understands, and that was left out |
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..arrays import Bool, Days
from .bars import Bars

ADVICE = {
    "duplicate": "delete all but one row of the session",
    "unsorted": "sort the file by date",
    "not_a_session": "delete the row, or correct its date: the exchange was shut that day",
    "missing_price": "fill the price, or write status 0 if the code was suspended",
    "non_positive": "take the bar from another source, or mark the session suspended",
    "ohlc": "take the bar from another source; high and low must hold open and close",
    "off_tick": "use raw prices: adjusted prices and rounded averages fall off the exchange's grid",
    "beyond_limit": "check the reference price (pre_close, corporate actions) and the bar in another source",
    "action": "correct ratio, cash and rights: shares after and money for one share before, on the ex-date",
    "not_checked": "mend what the sentence names, or leave the code out",
    "leap": "give the corporate action (ratio) of that day, or bring all prices into one unit; "
    "if the price truly moved so, name the day under no_limit in an instruments CSV",
    "adjusted": "use raw prices: turnover over volume says what was paid that day",
    "not_daily": "give daily bars",
    "unruled": "start later, or leave these bars out",
    "unsure_limit": "give the listing day in an instruments CSV: a share's first sessions have no limit",
    "unseen_action": "compare with another source; cash is money for one share: 5 for 10 shares are 0.5",
    "gap": "compare with another source: a split or bonus issue may be missing",
    "turnover": "compare with another source: the price, the volume or the turnover is wrong",
    "missing_session": "mark the sessions suspended (status 0), or fetch them from another source",
    "stale": "nothing to do if the code was suspended: the session is not tradable; else fetch the real bar",
    "repeated": "compare with another source: vendors repeat a bar they did not receive",
    "pre_close": "give the corporate action (ratio, cash), or correct pre_close",
    "volume_units": "declare the unit (shares or lots) when importing",
    "scale": "compare one bar with another source; `volume_unit` declares lots where files are fetched",
    "disagrees": "reconcile the two sources and record which wins",
    "not_final": "leave the bar out until the evening of that day, or correct its date",
    "unread_column": "rename it as the house format does if it says something of the bars; else leave it",
}
ERRORS = frozenset(list(ADVICE)[:13])


@dataclass(frozen=True)
class Finding:
    """One fault of one session; `fault` starts with its kind, then says what was found."""

    code: str
    session: str
    severity: str
    fault: str
    advice: str

    @property
    def kind(self) -> str:
        return self.fault.split(":", 1)[0]

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.code} {self.session} {self.severity}: {self.fault}; {self.advice}"


def errors_of(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that make a fill wrong."""
    return tuple(finding for finding in findings if finding.severity == "error")


def bad_sessions(findings: Sequence[Finding]) -> Days:
    """Sessions with an error, ascending: what `bad_bars='suspend'` takes out."""
    return np.unique(np.array([finding.session for finding in errors_of(findings)], "M8[D]"))


def finding(code: str, session: object, kind: str, what: str) -> Finding:
    """A finding of one kind, with the severity and the advice of that kind."""
    severity = "error" if kind in ERRORS else "warning"
    return Finding(code, str(session), severity, f"{kind}: {what}", ADVICE[kind])


def digits(number: float) -> str:
    """A number with the digits that may be at fault: 459.600006 as it stands in the file.

    >>> digits(459.6000061035156), digits(118.5)
    ('459.6000061', '118.5')
    """
    return f"{float(number):.10g}"


def each(bars: Bars, kind: str, wrong: Bool, what: Callable[[int], str]) -> Iterator[Finding]:
    """One finding for each bar that is wrong (n,); `what` says it of a row."""
    if wrong.any():
        for i in np.flatnonzero(wrong):
            yield finding(bars.code, bars.sessions[i], kind, what(int(i)))
