"""The one way to a terminal: what a file says may be read there, never obeyed."""

import json
import unicodedata

import click

# Control and format characters, lone surrogates, line and paragraph separators.
COMMANDING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def echo(text: object = "", *, err: bool = False) -> None:
    """Print text on stdout, or stderr, as `printable` shows it."""
    click.echo(printable(str(text)), err=err)


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
