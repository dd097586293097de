"""Words with a fixed meaning: yes and no, codes, one word of a list, sets of words. Case, spaces and hyphens do not matter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pkh_graduation.records.schemas import Column

EMPTY = frozenset(
    {
        "",
        "-",
        "--",
        "null",
        "none",
        "nan",
        "nat",
        "n/a",
        "#n/a",
        "na",
        "<na>",
        "tidak diketahui",
        "tdk diketahui",
        "unknown",
    }
)
"""Texts that say nothing, compared in lower case."""

EMPTY_TEXT = EMPTY | {"tidak ada", "non dtks", "0"}
"""What says nothing in a free text about a person or a place."""

YES = frozenset({"true", "ya", "yes", "benar"})
NO = frozenset({"false", "tidak", "tdk", "no", "salah", "bukan"})

_NUMBER = re.compile(r"0*(\d+)(?:[.,]0+)?")
_GAP = re.compile(r"[^0-9a-z<>]+")


def key_of(text: str) -> str:
    """A word in the form in which words are compared.

    >>> key_of(" Tidak Tercatat "), key_of("Kambing/Domba")
    ('tidak_tercatat', 'kambing_domba')
    """
    return _GAP.sub("_", text.casefold()).strip("_")


def plain_number(text: str) -> int | None:
    """A whole number written plainly, leading zeros allowed.

    >>> plain_number("01"), plain_number("11.0"), plain_number("1,5")
    (1, 11, None)
    """
    match = _NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else None


def read_answers(texts: Sequence[str]) -> tuple[list[int | None], list[str]]:
    """Yes and no as numbers, before it is known what 1, 2 and 0 mean: 101 is a word for yes, 100 a word for no.

    >>> read_answers(["YA", "2", "entah"])
    ([101, 2, None], ['', '', 'ya_tidak_tak_terbaca'])
    """
    answers = [_answer(text) for text in texts]
    return answers, ["" if answer is not None else "ya_tidak_tak_terbaca" for answer in answers]


def _answer(text: str) -> int | None:
    word = text.strip().casefold()
    if word in YES:
        return 101
    if word in NO:
        return 100
    number = plain_number(word)
    return number if number is not None and number < 100 else None


def read_codes(texts: Sequence[str], column: Column) -> tuple[list[int | None], list[str]]:
    """Codes of a list, given as a number (``1``, ``01``) or by their label; membership is checked later.

    >>> from pkh_graduation.records.schemas import TABLES
    >>> read_codes(["08", "Keramik", "lumpur"], TABLES["keluarga"]["jenis_lantai"])
    ([8, 2, None], ['', '', 'kode_tak_dikenal'])
    """
    labels = {key_of(label): code for code, label in column.code_labels.items()}
    codes = [plain_number(text) if plain_number(text) is not None else labels.get(key_of(text)) for text in texts]
    return codes, ["" if code is not None else "kode_tak_dikenal" for code in codes]


def vocabulary(column: Column) -> Mapping[str, str]:
    """Accepted spelling -> declared word."""
    words = {key_of(value): value for value in column.values}
    return words | {key_of(alias): value for alias, value in column.aliases.items()}


def read_words(texts: Sequence[str], column: Column) -> tuple[list[str | None], list[str]]:
    """One word of the column's list each.

    >>> from pkh_graduation.records.schemas import TABLES
    >>> read_words(["Cair", "hilang"], TABLES["penyaluran"]["status"])
    (['cair', None], ['', 'kata_tak_dikenal'])
    """
    known = vocabulary(column)
    words = [known.get(key_of(text)) for text in texts]
    return words, ["" if word is not None else "kata_tak_dikenal" for word in words]


def read_sets(texts: Sequence[str], column: Column) -> tuple[list[str | None], list[str]]:
    """Sets of words joined by ``|`` in the declared order; a free set in alphabetical order.

    >>> from pkh_graduation.records.schemas import TABLES
    >>> read_sets(["phk|sakit", "banjir bandang"], TABLES["keluarga"]["guncangan_12bl"])
    (['sakit|phk', None], ['', 'kata_tak_dikenal'])
    """
    known = vocabulary(column)
    sets: list[str | None] = []
    rules: list[str] = []
    for text in texts:
        parts = {key_of(part) for part in re.split(r"[|,;]", text)} - {""}
        strange = parts - known.keys() if column.values else set()
        chosen = {known.get(part, part) for part in parts - strange}
        ordered = [value for value in column.values if value in chosen] if column.values else sorted(chosen)
        sets.append(None if strange or not ordered else "|".join(ordered))
        rules.append("kata_tak_dikenal" if strange else "")
    return sets, rules
