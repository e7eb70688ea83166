"""Pages made from the templates that lie in this room."""

from __future__ import annotations

from importlib import resources
from typing import Any

from epidot.quantities import number


def rendered(name: str, **values: Any) -> str:
    """The page ``name`` as HTML text; the same values give the same text.

    Beside jinja2's own filters it knows ``number``, a value to the digits that its error supports; ``look``
    are the styles that pages with figures share.
    """
    import jinja2
    import markupsafe

    source, look = (
        (resources.files("epidot.report") / file).read_text(encoding="utf-8") for file in (name, "page.css")
    )
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    return environment.from_string(source).render(look=markupsafe.Markup(look), **values)
