"""The colours of the page's charts as they stand in its style sheet, for figures drawn elsewhere."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

NAMED = "var:"


@cache
def light() -> dict[str, str]:
    """Colour by name, of the light page."""
    css = (files(__package__.rpartition(".")[0]) / "templates" / "page.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([\w-]+):([^;}]+)", css.partition("@media")[0]))


def colored(part: Any) -> Any:
    """A figure, or a part of one, with its named colours looked up."""
    if isinstance(part, dict):
        return {name: colored(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [colored(value) for value in part]
    if isinstance(part, str) and part.startswith(NAMED):
        return light()[part.removeprefix(NAMED)]
    return part
