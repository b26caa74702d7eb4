"""Index futures of a market: the terms in the user's file, and the months among the prices."""

from pathlib import Path

from ..errors import DataError
from ..instruments.futures import CONTRACT, FutureTerms, load_futures
from ..panel.contracts import Future
from .source import Source, few


def find_futures(terms: Path | str, source: Source) -> tuple[tuple[Future, ...], tuple[str, ...]]:
    """The futures of a file of terms that have bars, and a sentence for each that has none.

    Bars are months by name, `IF2602`, or one continuous series, `IF=F`; both of one future are a DataError.
    """
    found: list[Future] = []
    without: list[str] = []
    for one in load_futures(terms):
        future = _future(one, source)
        if future is None:
            root = one.product.root
            months = f"{root}2602.csv, {root}2603.csv"
            without.append(f"no bars of {one.product.code}: it is not traded; add its months as {months}")
        else:
            found.append(future)
    return tuple(found), tuple(without)


def _future(terms: FutureTerms, source: Source) -> Future | None:
    code, root = terms.product.code, terms.product.root
    months = sorted(name for name in source.codes if (match := CONTRACT.fullmatch(name)) and match[1] == root)
    if months and code in source.codes:
        raise DataError(
            f"{source} has months of {code} ({few(months)}) and a continuous file {code} as well; keep one or the other"
        )
    names = months or [name for name in source.codes if name == code]
    return Future(terms, tuple(source.prices.read(name) for name in names)) if names else None
