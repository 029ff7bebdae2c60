"""One self-contained page from a template, its styles and its scripts."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from spillover.report.palette import DARK, LIGHT
from spillover.version import __version__

_HERE = Path(__file__).parent


def render(name: str, **values: Any) -> str:
    """Render a page; whatever comes in `values` is shown as text.

    The page asks for nothing beyond itself, and its content security policy keeps any browser
    from asking: only the styles and the script that stand in it may run, told by their hashes.

    Parameters
    ----------
    name : str
        The name of the template ``NAME.html.j2``, and of ``NAME.css`` and, if it has one,
        ``NAME.js``.
    **values
        What the template shows.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = _colours() + "".join(map(_static, ("base.css", "charts.css", f"{name}.css")))
    script = _static(f"{name}.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    # The page's own files are no input; marking them keeps them from being escaped.
    return environment.get_template(f"{name}.html.j2").render(
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=policy,
        version=__version__,
        **values,
    )


def _static(file: str) -> str:
    path = _HERE / "static" / file
    return path.read_text("utf-8") if path.exists() else ""


def _colours() -> str:
    def rules(colours: tuple[str, ...]) -> str:
        return "".join(f".l{number}{{--label:{each}}}" for number, each in enumerate(colours))

    return f"{rules(LIGHT)}@media screen and (prefers-color-scheme:dark){{{rules(DARK)}}}\n"


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
