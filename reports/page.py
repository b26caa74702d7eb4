"""What every page shares: the template environment, safe data in scripts, the script file of a folder."""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..data import figures
from ..data.files import write_whole
from .numbers import formats
from .stills.still import still

SCRIPT = "plotly.min.js"
BANNER = '<p class="simulated" role="note">SIMULATED DATA — not market prices</p>'
# No request leaves the page: scripts are inline or the file beside it.
CONTENT_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'self' file: "
    "'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'\">"
)


def embed(value: Any) -> Markup:
    """JSON that is inert inside a <script> element: no `<`, `>`, `&` or line separators; NaN becomes null."""
    text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


@cache
def environment() -> Environment:
    """The templates, with everything escaped unless it is Markup, and a missing name an error."""
    templates = Environment(
        loader=PackageLoader("launchlab.reports"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    templates.filters.update(
        embed=embed, visible=formats.visible, sentence=formats.sentence, number=figures.number, percent=figures.percent,
        ratio=figures.ratio, money=figures.money, exact=formats.exact,
    )  # fmt: skip
    templates.globals.update(policy=Markup(CONTENT_POLICY), banner=Markup(BANNER), script=SCRIPT, still=still)
    return templates


def render(template: str, path: Path, **values: Any) -> None:
    """Write one page, and the script its charts need beside it."""
    write_script(path.parent)
    write_whole(path, environment().get_template(template).render(**values))


def write_script(folder: Path) -> None:
    """Put the chart library into a folder, once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SCRIPT
    source = _library()
    if not path.exists() or path.stat().st_size != len(source):
        write_whole(path, source)


@cache
def _library() -> bytes:
    from importlib.resources import files

    return files("launchlab.reports").joinpath("vendor", SCRIPT).read_bytes()
