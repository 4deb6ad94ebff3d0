"""HTML made by code: text is escaped unless it was made here.

Everything that comes from the user (file names, messages, source lines) is a plain string and
so can only ever become text.
"""

from __future__ import annotations

import html

from minnet.report.terminal import clean

#: elements without content or end tag
_VOID = {"br", "hr", "img", "input", "meta", "link"}
#: elements whose end tag HTML lets one leave out, which keeps long tables small
_OPEN = {"td", "tr"}


class Markup(str):
    """A string that is HTML already."""


def tag(name: str, /, *children: str, **attributes: str | int | bool | None) -> Markup:
    """Return an HTML element; children that are plain strings are escaped.

    An attribute that is None or False is left out, True stands for itself; a trailing
    underscore is dropped (``class_``) and inner ones become hyphens (``aria_label``).

    Examples
    --------
    >>> str(tag("p", "1 < 2 ", tag("b", "yes"), class_="note"))
    '<p class="note">1 &lt; 2 <b>yes</b></p>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    end = "" if name in _VOID or name in _OPEN else f"</{name}>"
    return Markup(f"<{name}{written}>{''.join(map(escape, children))}{end}")


def join(*children: str) -> Markup:
    """Return several pieces one after another."""
    return Markup("".join(map(escape, children)))


def escape(text: str) -> str:
    """Return text as HTML that shows it; `Markup` is returned as it is."""
    if isinstance(text, Markup):
        return text
    lines = str(text).split("\n")
    return html.escape("\n".join(clean(line) for line in lines), quote=True)


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    key = key.rstrip("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{escape(str(value))}"'
