"""Characters that nobody sees: zero bytes and other controls, marks of zero width, marks that turn the direction of writing.

They come from copied text and from people who want a name to show as another. They are taken out before a cell is read, and
the row says so.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_UNSEEN = (
    r"[\x{00}-\x{08}\x{0B}\x{0C}\x{0E}-\x{1F}\x{7F}-\x{84}\x{86}-\x{9F}\x{AD}\x{61C}\x{180E}\x{200B}-\x{200F}"
    r"\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FEFF}\x{FFF9}-\x{FFFB}\x{FFFE}\x{FFFF}\x{E0000}-\x{E007F}]"
)
_PLAIN = np.zeros(256, dtype=bool)
_PLAIN[[9, 10, 13, *range(32, 127)]] = True


def without_unseen(texts: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Texts without what is not seen, and the places of those that held some.

    >>> texts, places = without_unseen(pa.array(["Ibu", "I\u202ebu"], type=pa.large_string()))
    >>> texts.to_pylist(), places.tolist()
    (['Ibu', 'Ibu'], [1])
    """
    if _all_plain(texts):
        return texts, np.empty(0, dtype=np.int64)
    held = pc.fill_null(pc.match_substring_regex(texts, _UNSEEN), False)
    places = np.flatnonzero(held.to_numpy(zero_copy_only=False))
    return (pc.replace_substring_regex(texts, _UNSEEN, ""), places) if len(places) else (texts, places)


def _all_plain(texts: pa.Array) -> bool:
    data = texts.buffers()[2]
    return data is None or bool(_PLAIN[np.frombuffer(data, dtype=np.uint8)].all())
