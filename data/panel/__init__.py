"""Everything the engine reads: sessions × codes, in which every rule is already a number."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .benchmark import Benchmark as Benchmark
    from .build import PanelOptions as PanelOptions
    from .build import load_panel as load_panel
    from .panel import Panel as Panel

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Benchmark": ".benchmark",
        "Panel": ".panel",
        "PanelOptions": ".build",
        "load_panel": ".build",
    },
)
