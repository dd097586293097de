"""Charts: small bars as inline SVG, each with its words beside it, so that nobody needs the picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from pkh_graduation.outputs import words
from pkh_graduation.outputs.views import Caseload, Family
from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

_WIDTH, _HEIGHT = 1000, 28
_RADIUS = 15.9155
"""Of a ring whose round is 100 long."""
_BAND: Mapping[str, str] = {
    SIAP_DIBAHAS: "siap dibahas, di luar kuota",
    PERLU_PENDAMPINGAN: "perlu pendampingan usaha",
    BELUM: "belum / data kurang",
}
PARTS = ("di daftar", *_BAND.values(), "sedang diproses", "tidak diusulkan")
"""Where each family of a caseload stands, one part each, in the order of the bar."""


class Slice(NamedTuple):
    """One part of a whole: its label, its size, and the number of its colour (`c0`..)."""

    label: str
    size: int
    colour: int


def standing(family: Family) -> str:
    """The part of the caseload's bar in which a family is counted."""
    if family.dikecualikan:
        return "tidak diusulkan"
    if family.proses:
        return "sedang diproses"
    return "di daftar" if family.urutan else _BAND[family.band or BELUM]


def caseload_slices(caseload: Caseload) -> list[Slice]:
    """The caseload in parts that add up to it; empty parts are left out."""
    counts = dict.fromkeys(PARTS, 0)
    for family in caseload.semua:
        counts[standing(family)] += 1
    return [Slice(label, size, place) for place, (label, size) in enumerate(counts.items()) if size]


def stacked(slices: Sequence[Slice], title: str) -> Markup:
    """One bar cut into parts, with a legend that says the numbers."""
    whole = sum(part.size for part in slices)
    if not whole:
        return Markup()
    rects, keys, left = [], [], 0.0
    for part in slices:
        wide = part.size * _WIDTH / whole
        rects.append(f'<rect class="c{part.colour}" x="{left:.1f}" width="{max(wide - 2, 1):.1f}" height="{_HEIGHT}"/>')
        keys.append(f'<li><i class="c{part.colour}"></i>{escape(part.label)} <b>{words.number(part.size)}</b></li>')
        left += wide
    # Said in the legend; the picture itself is for the eye alone.
    return Markup(
        f'<figure class="chart"><figcaption>{escape(title)}</figcaption><svg aria-hidden="true" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">{"".join(rects)}</svg>'
        f'<ul class="keys">{"".join(keys)}</ul></figure>'
    )


def thin(slices: Sequence[Slice]) -> Markup:
    """One thin bar cut into parts, whose legend stands elsewhere."""
    whole, rects, left = sum(part.size for part in slices), [], 0.0
    for part in slices:
        wide = part.size * 100 / whole
        rects.append(f'<rect class="c{part.colour}" x="{left:.1f}" width="{max(wide - 1, 0.5):.1f}" height="8"/>')
        left += wide
    return _strip("".join(rects)) if rects else Markup()


def ring(share: float | None) -> Markup:
    """A ring filled as far as a share from 0 to 1 goes, with the per cent inside; a dash where it is not told."""
    full = min(max(share or 0.0, 0.0), 1.0) * 100
    told = "–" if share is None else f"{math.floor(share * 100 + 0.5)} %"
    arc = f'<circle class="arc" cx="21" cy="21" r="{_RADIUS}" stroke-dasharray="{full:.1f} 100"/>' if full else ""
    return Markup(
        f'<svg class="ring" aria-hidden="true" viewBox="0 0 42 42"><circle cx="21" cy="21" r="{_RADIUS}"/>{arc}'
        f'<text x="21" y="23.8" text-anchor="middle">{told}</text></svg>'
    )


def share_bar(share: float | None, colour: int = 0) -> Markup:
    """A small bar for a share from 0 to 1 in a cell of a table; nothing where the share is not told."""
    if share is None:
        return Markup()
    wide = min(max(share, 0.0), 1.0) * 100
    return _strip(
        f'<rect class="track" width="100" height="8"/><rect class="c{colour}" width="{wide:.1f}" height="8"/>'
    )


def _strip(rects: str) -> Markup:
    return Markup(f'<svg class="mini" aria-hidden="true" viewBox="0 0 100 8" preserveAspectRatio="none">{rects}</svg>')
