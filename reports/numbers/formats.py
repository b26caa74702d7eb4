"""Names and values as pages write them; figures are those of data/figures.py."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from ...data.figures import missing, number


def visible(text: object) -> str:
    """A name on one line, without control characters or marks that reverse the reading order."""
    words = str(text)
    if words.isprintable():  # none of these is
        return " ".join(words.split())
    kept = (
        " " if letter in "\t\n\r\u2028\u2029" else letter
        for letter in words
        if unicodedata.category(letter) not in ("Cc", "Cf", "Cs") or letter in "\t\n\r\u2028\u2029"
    )
    return " ".join("".join(kept).split())


def told(value: Any) -> str:
    """A parameter's value in words: lists without brackets, numbers without noise."""
    if isinstance(value, list | tuple):
        return " ".join(told(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else visible(value)


def sentence(entry: Any) -> str:
    """A warning as one line; a record is told as its values, in order."""
    if isinstance(entry, Mapping):
        return ": ".join(told(value) for value in entry.values() if value not in (None, ""))
    return told(entry)


def exact(value: Any) -> str:
    """The number as Python prints it, for machines; empty when there is none."""
    plain = getattr(value, "item", lambda: value)()
    return "" if missing(plain) else repr(plain)


def words(value: Any) -> str:
    """A name of the tables in words."""
    return visible(value).replace("_", " ")


def shares(value: Any) -> str:
    """A number of shares; parts of one where there are."""
    return number(value, 0 if float(value).is_integer() else 2)


def price(value: Any) -> str:
    """A price with the third digit where it has one."""
    return number(value, 3 if round(value, 2) != round(value, 3) else 2)
