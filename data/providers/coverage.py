"""Which source states what of which exchange, as the table of docs/data.md."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from .choose import FILES, SOURCES
from .provider import FIELDS, Gives

EXCHANGES: Mapping[str, str] = MappingProxyType(
    {"XSHG": "Shanghai", "XSHE": "Shenzhen", "XBSE": "Beijing", "XHKG": "Hong Kong"}
)


def gives_of(name: str) -> Gives:
    """What a source that comes with the program states, without its client."""
    module = FILES if name == FILES else SOURCES[name].module
    given: Gives = import_module(f".{module}", __package__).GIVES
    return given


def coverage_table() -> str:
    """Source × exchange × field in Markdown; exchanges of which a source states the same share a row."""
    lines = [f"| source | exchange | {' | '.join(FIELDS)} |", "|---" * (len(FIELDS) + 2) + "|"]
    for name in (*SOURCES, FILES):
        for exchanges, given in _rows(gives_of(name)):
            cells = ("yes" if word in given else "–" for word in FIELDS)
            lines.append(f"| `{name}` | {', '.join(exchanges)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rows(given: Gives) -> list[tuple[list[str], frozenset[str]]]:
    rows: list[tuple[list[str], frozenset[str]]] = []
    for exchange, words in EXCHANGES.items():
        if exchange not in given:
            continue
        same = next((row for row in rows if row[1] == given[exchange]), None)
        if same:
            same[0].append(words)
        else:
            rows.append(([words], given[exchange]))
    return rows
