"""Weaving: HTML of thousands of short texts that are escaped in one go.

A template asks for every value again what it is and whether it is safe; in a page that is mostly families, that costs more
than the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from markupsafe import Markup, escape

Piece = tuple[str, str]
"""Markup of our own, and the text that follows it (empty if none does)."""

_BETWEEN = "\x00"
"""Stands between texts while they are escaped; HTML has no such sign, so texts lose it."""


def woven(pieces: Sequence[Piece]) -> Markup:
    """The pieces one after the other: every text escaped, no markup touched.

    >>> woven([("<b>", "Ibu <A>"), ("</b>, ", "RT 1"), ("<br>", "")])
    Markup('<b>Ibu &lt;A&gt;</b>, RT 1<br>')
    """
    fixed, texts = [own for own, _ in pieces], escaped([text for _, text in pieces])
    return Markup("".join(chain.from_iterable(zip(fixed, texts, strict=True))))


def escaped(texts: Sequence[str]) -> list[str]:
    """Every text escaped."""
    if not texts:
        return []
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) != len(texts) - 1:
        joined = _BETWEEN.join([text.replace(_BETWEEN, "") for text in texts])
    return str(escape(joined)).split(_BETWEEN)
