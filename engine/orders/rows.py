"""Rows of a table that a broker gives: a CSV file or a frame, each cell as text."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...data.doors import read_bytes
from ...data.errors import ConfigError, DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


class Rows(NamedTuple):
    """Where they come from, the names of the columns, and the rows by line of the file."""

    where: str
    names: list[str]
    rows: list[tuple[int, dict[str, str]]]


def rows_of(source: "Path | str | pd.DataFrame", what: str, needed: Sequence[str], needs: str) -> Rows:
    """The rows of a CSV file or a frame of `what`; an empty cell is ''.

    DataError where the file cannot be read, ConfigError where a column is missing; `needs` says which in words.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        where = f"the {what}"
        names = [str(name) for name in source.columns]
        found = [
            {str(k): "" if pd.isna(v) else str(v) for k, v in row.items()}
            for row in source.to_dict("records")
        ]
    else:
        where = str(source)
        try:
            text = read_bytes(Path(source), advice=f"name the CSV file of the {what}").decode("utf-8-sig")
            reader = csv.DictReader(io.StringIO(text))
            found = [{str(k): v or "" for k, v in row.items()} for row in reader]
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{where} cannot be read ({error}); save the {what} as a UTF-8 CSV") from None
        names = list(reader.fieldnames or [])
    for name in needed:
        if name not in names:
            raise ConfigError(f"{where} has no column {name!r}{did_you_mean(name, names)}; it needs {needs}")
    return Rows(where, names, list(enumerate(found, 2)))
