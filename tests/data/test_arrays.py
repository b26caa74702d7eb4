"""Array types have one name each, in one place."""

from .. import ROOT

HOUSES = ("cli", "data", "engine", "reports", "strategies")


def test_no_file_but_arrays_names_the_type_of_an_array() -> None:
    sources = [path for house in HOUSES for path in (ROOT / house).rglob("*.py")]
    naming = {path for path in sources if "= NDArray[np." in path.read_text(encoding="utf-8")}
    assert naming == {ROOT / "data" / "arrays.py"}
