"""The one way to a terminal: what a file says may be read there, never obeyed."""

import json
import sys
import unicodedata

import click

# Control and format characters, lone surrogates, line and paragraph separators.
COMMANDING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# What stands for a sign that a console's code page lacks.
PLAIN = str.maketrans({"−": "-", "–": "-", "—": "-", "·": "|", "×": "x", "→": "->", "…": "...", "≤": "<="})


def echo(text: object = "", *, err: bool = False, data: bool = False) -> None:
    """Print text on stdout, or stderr, as `printable` shows it and `spoken` by its encoding; `data` keeps every sign."""
    stream = sys.stderr if err else sys.stdout
    click.echo(spoken(printable(str(text)), getattr(stream, "encoding", None), data=data), err=err)


def spoken(text: str, encoding: str | None, *, data: bool = False) -> str:
    """Text as an encoding can say it: dashes and arrows that it lacks in plain signs, other letters as in JSON.

    `data` is no prose: its signs are written as in JSON, too.

    >>> spoken("−1 % of 智谱", "cp1252")
    '-1 % of \\\\u667a\\\\u8c31'
    """
    if text.isascii() or _speaks(text, encoding):
        return text
    return "".join(letter if _speaks(letter, encoding) else _instead(letter, data) for letter in text)


def _speaks(text: str, encoding: str | None) -> bool:
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _instead(letter: str, data: bool) -> str:
    plain = letter if data else letter.translate(PLAIN)
    return plain if plain != letter else json.dumps(letter)[1:-1]


def printable(text: str) -> str:
    """Text with every character that moves, colours or reorders what a terminal shows written as in JSON; lines stay.

    >>> printable("\\x1b]0;mine\\x07")
    '\\\\u001b]0;mine\\\\u0007'
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    harmless = letter == "\n" or unicodedata.category(letter) not in COMMANDING
    return letter if harmless else json.dumps(letter)[1:-1].replace("\\t", "    ")
