"""What a parameter of a strategy says of itself."""

from typing import Any


def about(text: str, unit: str = "", *, quiet: bool = False) -> dict[str, Any]:
    """Metadata of a parameter: what it is and its unit, as the list of strategies prints it.

    A `quiet` one is left out of what a run says of its strategy where it has its default.
    """
    return {"help": text, "unit": unit, "quiet": quiet}
