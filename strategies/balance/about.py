"""What a parameter of a strategy says of itself."""


def about(text: str, unit: str = "") -> dict[str, str]:
    """Metadata of a parameter: what it is and its unit, as the list of strategies prints it."""
    return {"help": text, "unit": unit}
