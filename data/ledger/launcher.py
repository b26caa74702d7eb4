"""Whose launch it is: whether a code is the launching company's own, so that nobody sells a launcher short on its launch.

A row that writes a role is taken at its word. One that leaves it open gets its instrument's, but a `diversified` giant,
a supplier or a concept is one only beside somebody else's launch: on its own it is the issuer.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from .launch import LaunchCode

PARTS = re.compile(r"\s*(?:[/、,，;；+&]|\band\b)\s*")
WORD = re.compile(r"[^\W_]+")
OWN_KINDS = ("launch", "open-weights", "preview", "leak", "pricing")  # what a company does itself
# How the launchers of Hong Kong are called besides the name in the table.
ALSO = MappingProxyType(
    {
        "0700.HK": ("腾讯", "騰訊", "hunyuan", "混元", "wechat", "微信"),
        "1024.HK": ("快手", "kling", "可灵"),
        "1810.HK": ("小米", "mimo"),
        "3690.HK": ("美团", "美團", "longcat"),
        "9618.HK": ("京东", "京東", "jd"),
        "9888.HK": ("百度", "ernie", "文心"),
        "9988.HK": ("阿里", "baba", "qwen", "通义", "千问", "taobao", "淘宝"),
        "002415.SZ": ("海康",),
    }
)


def is_own(code: str, name: str, company: str) -> bool:
    """Whether one of the companies named in a cell is the one behind a code called `name`.

    >>> is_own("9988.HK", "Alibaba Group", "Zhipu / Alibaba"), is_own("9988.HK", "Alibaba Group", "阿里巴巴")
    (True, True)
    >>> is_own("9988.HK", "Alibaba Group", "Ant Group")
    False
    """
    first = next(iter(WORD.findall(name.lower())), "")
    names = (first, *ALSO.get(code, ()))
    return any(_is_called(part.strip().lower(), names) for part in PARTS.split(company))


def _is_called(company: str, names: Sequence[str]) -> bool:
    """Whether a company's name begins with one of the names, as a word of its own where it is in Latin letters."""
    words = WORD.findall(company)
    return any(
        (words and name == words[0]) if name.isascii() else company.startswith(name) for name in names if name
    )


class Concerned(NamedTuple):
    """A code of a row: with its role, whether the row left that to the table, and whether the company is the code's own."""

    concerned: LaunchCode
    left_open: bool
    is_own: bool

    @property
    def is_guessed_beside(self) -> bool:
        """Whether only the table says that it stands beside somebody else's launch."""
        return self.left_open and not self.concerned.launches

    @property
    def is_guessed_giant(self) -> bool:
        """Whether only the table says that it is a giant."""
        return self.left_open and self.concerned.role == "diversified"


def with_issuers(row: Iterable[Concerned]) -> tuple[LaunchCode, ...]:
    """The codes of a row, a company's own code whose role is left open read as the issuer of its launch."""
    return tuple(
        replace(one.concerned, role="issuer") if one.is_guessed_beside and one.is_own else one.concerned
        for one in row
    )


def doubts(row: Sequence[Concerned]) -> list[str]:
    """A sentence about each giant of a row without a launcher that may be the launcher itself, and how to say which."""
    if any(link.launches for link in with_issuers(row)):
        return []
    return [
        f"{link.concerned.code} may be the launcher or a giant beside it; "
        f"write {link.concerned.code}:issuer or {link.concerned.code}:diversified"
        for link in row
        if link.is_guessed_giant
    ]
