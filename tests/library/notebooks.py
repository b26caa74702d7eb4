"""The notebooks of docs/notebooks: written from their cells, and executed: `python -m tests.library.notebooks`.

Each runs on the embedded sample market in a folder of its own, and keeps no more than tables, prints and the data of its charts.
"""

import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
LANGUAGE = {"display_name": "Python 3", "language": "python", "name": "python3"}


def executed(path: Path) -> Any:
    """The notebook of a path after a run of all its cells from the top; a cell that raises is a CellExecutionError."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(book, timeout=600, resources={"metadata": {"path": folder}}).execute()
    for cell in book.cells:
        cell.metadata.clear()  # the clock of its run
    book.metadata = {"kernelspec": LANGUAGE, "language_info": {"name": "python"}}
    return book


def write_again() -> None:
    """Execute every notebook and keep its outputs."""
    import nbformat

    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(executed(path), path)


if __name__ == "__main__":
    write_again()
