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
    """A parameter's value in words: lists without brackets, numbers with every digit but the noise of their last ones.

    >>> told(10000000.0), told(10000000.5), told(0.1 + 0.2), told(5.0), told(["a", 0.5])
    ('10,000,000', '10000000.5', '0.3', '5', 'a 0.5')
    """
    if isinstance(value, list | tuple):
        return " ".join(told(item) for item in value)
    if not isinstance(value, float):
        return visible(value)
    return f"{value:,.0f}" if value.is_integer() and 1e5 <= abs(value) < 1e15 else f"{value:.12g}"


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
