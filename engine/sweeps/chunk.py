"""A chunk of a sweep's points that is done: metrics, what failed, what analyzers found, and curves for the verdict."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ...data.doors import UNSOUND
from .points import METRICS


class Curve(NamedTuple):
    """What the verdict asks of one point: return of each session (T,), profit of each launch (K,), longest stay."""

    returns: F8
    profits: F8
    longest: int


@dataclass(frozen=True)
class Chunk:
    """Metrics (points, len(METRICS)), NaN where a point failed.

    `errors` and `analyses` (JSON) have a text for each point, or none at all where no point has one; `curves` are by
    the position of their points in the sweep.
    """

    metrics: F8
    errors: tuple[str, ...] = ()
    analyses: tuple[str, ...] = ()
    curves: Mapping[int, Curve] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.metrics)

    @property
    def failed(self) -> int:
        """Points that failed."""
        return sum(map(bool, self.errors))

    def to_bytes(self) -> bytes:
        """As a file of numpy arrays."""
        texts = json.dumps([self.errors, self.analyses], ensure_ascii=False).encode()
        arrays: dict[str, NDArray[Any]] = {"metrics": self.metrics, "texts": np.frombuffer(texts, np.uint8)}
        for position, curve in self.curves.items():
            arrays[f"returns{position}"], arrays[f"profits{position}"] = curve.returns, curve.profits
            arrays[f"longest{position}"] = np.array(curve.longest)
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type] # its own keywords have other types
        return content.getvalue()


# What numpy raises, beside what its zip reader does, at bytes that are no arrays of ours.
ODD = (AttributeError, MemoryError, SyntaxError, TypeError)


def read_chunk(content: bytes, points: int) -> Chunk | None:
    """A chunk of so many points from its bytes; None where they are damaged, or of another number of points."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            errors, analyses = json.loads(held["texts"].tobytes())
            positions = [int(name[7:]) for name in held.files if name.startswith("returns")]
            curves = {
                p: Curve(held[f"returns{p}"], held[f"profits{p}"], int(held[f"longest{p}"]))
                for p in positions
            }
            chunk = Chunk(held["metrics"], tuple(errors), tuple(analyses), curves)
    except (*UNSOUND, *ODD):
        return None
    right = chunk.metrics.shape == (points, len(METRICS)) and chunk.metrics.dtype == np.float64
    return chunk if right and len(chunk.errors) in (0, points) else None
