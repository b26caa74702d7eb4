"""How a record shows itself: in a console a few lines, in a notebook a small table without script or network."""

import html
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

MOST_LETTERS = 100  # of one value
MOST_LINES = 7
MOST_ROWS = 12
SIMULATED = "SIMULATED DATA — not market prices"
_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"


class Told(NamedTuple):
    """What a record says of itself. `facts`: name and text; a text that is empty is left out.

    `columns` and `rows` are a table that only notebooks show, at most `MOST_ROWS` of it.
    """

    title: str
    facts: Mapping[str, str] = {}
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    simulated: bool = False
    caption: str = ""


class Shown:
    """A record whose `repr` is short, and which notebooks show as a table; both come from `_told`."""

    __slots__ = ()

    def _told(self) -> Told:
        raise NotImplementedError

    def __repr__(self) -> str:
        return in_lines(self._told())

    def _repr_html_(self) -> str:
        return as_html(self._told())


class Drawn(Shown):
    """A record that pages draw charts of; the package's `figure` and `figures` know how."""

    __slots__ = ()

    def figure(self, name: str) -> Any:
        """A chart by name as a `plotly.graph_objects.Figure`, as `ll.figure` gives it. Needs the extra `notebook`."""
        return _public("figure")(self, name)

    @property
    def figures(self) -> Mapping[str, Any]:
        """Every chart by name, as `ll.figures` gives them."""
        drawn: Mapping[str, Any] = _public("figures")(self)
        return drawn


def _public(name: str) -> Any:
    """A function of the package's face, which lies above this floor and is loaded when a chart is asked for."""
    return getattr(import_module(__package__.rpartition(".")[0]), name)


def in_lines(told: Told) -> str:
    """The title, then a fact a line.

    >>> print(in_lines(Told("Panel: 2 codes", {"sessions": "2026-01-02 to 2026-01-05", "unknown": ""})))
    Panel: 2 codes
      sessions: 2026-01-02 to 2026-01-05
    """
    facts = [f"  {name}: {clipped(text)}" for name, text in told.facts.items() if text][:MOST_LINES]
    return "\n".join(
        [clipped(told.title, 2 * MOST_LETTERS), *([f"  {SIMULATED}"] if told.simulated else []), *facts]
    )


def as_html(told: Told) -> str:
    """The same as a fragment of HTML, every word escaped; nothing in it is loaded or run."""
    facts = [(name, clipped(text, 400)) for name, text in told.facts.items() if text]
    parts = [f"<div><strong>{html.escape(clipped(told.title, 400))}</strong>"]
    parts += [f"<p>{SIMULATED}</p>"] if told.simulated else []
    parts += [_table((), [(name, text) for name, text in facts])] if facts else []
    if told.rows:
        parts.append(_table(told.columns, told.rows[:MOST_ROWS], told.caption))
        more = len(told.rows) - MOST_ROWS
        parts += [f"<p>… and {more:,} more</p>"] if more > 0 else []
    return "\n".join([*parts, "</div>"])


def clipped(text: object, most: int = MOST_LETTERS) -> str:
    """A text on one line of at most so many letters, without letters that cannot be seen."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def counted(n: int, noun: str, plural: str = "") -> str:
    """`1 code`, `2,000 codes`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def span(sessions: Any) -> str:
    """First and last session, and how many."""
    if not len(sessions):
        return "none"
    return f"{str(sessions[0])[:10]} to {str(sessions[-1])[:10]} ({len(sessions):,})"


def some(names: Sequence[object], most: int = 6) -> str:
    """The first few names, and how many more there are."""
    first, more = ", ".join(map(str, names[:most])), len(names) - most
    return f"{first} and {more:,} more" if more > 0 else first


def first_of(sentences: Sequence[object]) -> str:
    """How many sentences there are, and the first; empty where there is none."""
    return f"{len(sentences):,}, first: {sentences[0]}" if sentences else ""


def _escaped(text: object) -> str:
    return html.escape(clipped(text))


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> str:
    head = "".join(f"<th>{_escaped(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(clipped(cell, 400))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    above = f"<caption>{_escaped(caption)}</caption>" if caption else ""
    top = above + (f"<thead><tr>{head}</tr></thead>" if columns else "")
    return f'<table style="{_STYLE}" cellpadding="4">{top}<tbody>{body}</tbody></table>'
