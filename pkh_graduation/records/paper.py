"""Paper: how the workbooks of records look and print: A4 across, as wide as a page, heads on every page, no text cut off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

LINE_POINTS = 14.0
MOST_POINTS = 400.0
"""Height of a line, and the greatest height that a row can have."""
_SIGNS = 1.1
"""Signs that fit into one unit of a column's width."""

HEAD = {"bold": True, "bg_color": "#DDE7EE", "border": 1, "text_wrap": True, "valign": "top"}
TEXT = {"text_wrap": True, "valign": "top"}


def lay_out(sheet: Any, heads: int, footer: str, *, wide: int = 1) -> None:
    """Set a sheet up for A4, ``wide`` pages across; its row ``heads`` (from 0) is on every page, beyond one so is column A."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(wide, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L&8{footer.replace('&', '&&')}&R&8&P/&N")
    sheet.repeat_rows(heads)
    if wide > 1:
        sheet.repeat_columns(0)
    sheet.freeze_panes(heads + 1, min(1, wide - 1))


def height_of(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Points that a row of wrapped texts needs; programs on phones do not find it by themselves.

    >>> height_of(["ada", "x" * 23], [10, 10]) / LINE_POINTS
    3.0
    """
    lines = (
        sum(max(1, math.ceil(len(line) / (width * _SIGNS))) for line in text.split("\n"))
        for text, width in zip(texts, widths, strict=True)
    )
    return min(MOST_POINTS, LINE_POINTS * max(lines, default=1))
