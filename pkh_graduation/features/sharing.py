"""What several aggregates of one SELECT have in common is calculated once per row: a column of an inner SELECT, by name.

Engines find equal expressions by themselves, but not equal parts of a chain of conditions, and every repetition costs anew for
each row. Works on the text: a part is a bracketed expression without an aggregate, as `Expr` writes every one of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

_AGGREGATES = re.compile(r"\b(?:count|sum|min|max|max_by)\(|\bFILTER\b")
_BRACKET = re.compile(r"[()]")
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def shared(texts: Sequence[str], rows: str, prefix: str) -> tuple[list[str], str]:
    """The texts with their common parts named, and the SELECT over ``rows`` that makes them: one level per depth of nesting.

    >>> shared(["sum(x) FILTER (WHERE (a > 1))", "max(y) FILTER (WHERE (a > 1))"], "SELECT * FROM t", "e")
    (['sum(x) FILTER (WHERE e0)', 'max(y) FILTER (WHERE e0)'], 'SELECT v.*, (a > 1) AS e0 FROM (SELECT * FROM t) v')
    """
    found, rows = _shared(tuple(texts), rows, prefix)
    return list(found), rows


@lru_cache(maxsize=512)
def _shared(texts: tuple[str, ...], rows: str, prefix: str) -> tuple[tuple[str, ...], str]:
    found = list(texts)
    n = 0
    while parts := _innermost(found):
        names = {part: f"{prefix}{n + place}" for place, part in enumerate(parts)}
        n += len(names)
        for part, name in names.items():
            found = [_replaced(text, part, name) for text in found]
        made = ", ".join(f"{part} AS {name}" for part, name in names.items())
        rows = f"SELECT v.*, {made} FROM ({rows}) v"
    return tuple(found), rows


def _innermost(texts: Sequence[str]) -> list[str]:
    """Parts that occur twice or more and hold no other such part, in the order in which they occur."""
    counts = Counter(part for text in texts for part in _parts(text))
    often = [part for part, count in counts.items() if count > 1]
    return [part for part in often if not any(other in part for other in often if other != part)]


def _replaced(text: str, part: str, name: str) -> str:
    quoted = [range(*match.span()) for match in _QUOTED.finditer(text)]

    def swap(match: re.Match[str]) -> str:
        return match[0] if any(match.start() in span for span in quoted) else name

    return re.sub(rf"(?<!\w){re.escape(part)}", swap, text)


def _parts(text: str) -> Iterator[str]:
    # Brackets inside a quoted text are none.
    blind = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), text)
    opened: list[int] = []
    for bracket in _BRACKET.finditer(blind):
        place = bracket.start()
        if bracket[0] == "(":
            opened.append(place)
        else:
            start = opened.pop()
            inside = blind[start : place + 1]
            # After a word stand a function's arguments, which are no expression of their own.
            called = start > 0 and (blind[start - 1].isalnum() or blind[start - 1] == "_")
            if not called and not inside.startswith("(WHERE ") and not _AGGREGATES.search(inside):
                yield text[start : place + 1]
