"""Every exception of the project, in one place at the bottom of the flow.

A `LaunchlabError` is the user's to repair: its message is one full sentence that says what was found,
where, and what to do. The command line prints it and exits with 2.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class LaunchlabError(Exception):
    """Something the user can repair; the message says how."""


class DataError(LaunchlabError):
    """Bars, actions or rates that are missing, contradictory or impossible."""


class LedgerError(LaunchlabError):
    """Rows of a launch ledger that cannot be read; the message lists all of them."""


class CalendarError(LaunchlabError):
    """A moment outside the sessions that are known."""


class RuleError(LaunchlabError):
    """A date, board or code that the rule book does not cover."""


class ConfigError(LaunchlabError):
    """An option, parameter or file that does not make sense."""


class LookAheadError(LaunchlabError):
    """A strategy whose decisions change with what came after them."""


class StoreError(LaunchlabError):
    """A store of prices that cannot be opened, locked or written."""


class FetchError(LaunchlabError):
    """A provider that did not answer, or answered with nothing usable."""


class SourceError(FetchError):
    """A provider that does not answer at all, or not us: another code would fare alike."""


class WorkerError(LaunchlabError):
    """Workers or a scheduler that cannot be reached, run other code, or were lost too often."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`" (did you mean 'x'?)"` when one of `known` is close to `word`, else an empty string."""
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
