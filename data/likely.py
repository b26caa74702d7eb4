"""Which column of a file that nobody reads is likely which of ours: only ever said, never taken."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_WHEN = (
    r"d|dt|day|time|datetime|timestamp|session|日|年月日",
    r"date|day|time|session|日期|时间|時間",
)
# In order of trust: the whole name, then a part of it.
_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "date": _WHEN,
        "time": _WHEN,
        "open": (r"o|first|开|開", r"open|开|開"),
        "high": (r"h|hi|max|maximum|高", r"high|高"),
        "low": (r"l|lo|min|minimum|低", r"low|低"),
        "close": (r"c|last|price|收|现价|現價|最新价|最新價", r"close|last|settle|收"),
        "volume": (r"v|vol\.?|qty|quantity|shares|量", r"vol|qty|quantity|成交.*量|成交.*股"),
    }
)
FEWEST_LETTERS = 3
# What holds something else, whatever else its name says.
_OTHER = re.compile(r"adj|复权|復權|pre|前|昨|chang|pct|turnover|vwap|avg|average|额|額|amount|value", re.I)


def likely_columns(missing: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """For each of our columns that is missing the name in the file that may be it, each at most once.

    >>> likely_columns(("date", "close", "volume"), ("Dt", "Adj Close", "px_last", "money"))
    {'date': 'Dt', 'close': 'px_last'}
    """
    wanted, left = tuple(missing), [name for name in names if not _OTHER.search(name)]
    found: dict[str, str] = {}
    for how in (0, 1):
        for ours in (one for one in wanted if one not in found):
            pattern = re.compile(_NAMES[ours][how], re.I)
            match = pattern.search if how else pattern.fullmatch
            name = next((name for name in left if match(name)), None)
            if name is not None:
                found[ours] = name
                left.remove(name)
    # a letter alone is somebody's open or volume only among others of that kind
    told = [ours for ours in wanted if ours in found]
    return {ours: found[ours] for ours in told if len(told) >= FEWEST_LETTERS or len(found[ours]) > 1}


def renaming(found: Mapping[str, str]) -> str:
    """`rename 'Dt' to date if that is what it holds; `: the advice for what was found by our names, empty for nothing."""
    pairs = [f"{name!r} to {ours}" for ours, name in found.items()]
    meant = "it holds" if len(pairs) == 1 else "they hold"
    return f"rename {', '.join(pairs)} if that is what {meant}; " if pairs else ""
