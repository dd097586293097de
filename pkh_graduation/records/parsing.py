"""From one file's raw columns to typed ones: every distinct text is understood once, what cannot be is reported.

Typed Parquet columns take a short way: numbers, dates and booleans are cast whole. A typed column is a pyarrow array: ``text``,
``id``, ``class``, ``set`` as dictionary of strings, ``int``, ``money``, ``code`` and yes/no answers as int64, ``float`` as double,
``date`` as int32 epoch days. Answers stay numbers (`answers.read_answers`) until the row's ``versi_kode`` is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records import amounts, dates
from pkh_graduation.records.amounts import read_numbers
from pkh_graduation.records.answers import EMPTY, EMPTY_TEXT, read_answers, read_codes, read_sets, read_words
from pkh_graduation.records.dates import FIRST_DAY, LAST_DAY, read_dates
from pkh_graduation.records.identifiers import numbers16_of, read_phones, read_regions, read_schools
from pkh_graduation.records.invisible import without_unseen
from pkh_graduation.records.limits import MAX_CELL, MAX_WORD
from pkh_graduation.records.schemas import Column

WORDS = pa.dictionary(pa.int32(), pa.large_string())
"""Type of typed columns of text."""

_LARGEST = 2**62
"""Numbers from here on are none of this programme's."""

_GAP = r"[\s\x{A0}.\-\x{2010}-\x{2015}'\x{2019}]{0,2}"
_SIXTEEN = rf"\p{{Nd}}(?:{_GAP}\p{{Nd}}){{15}}"
_PREFIXED = rf"(?:62|0){_GAP}8[1-9](?:{_GAP}\p{{Nd}}){{6,10}}"
_BARE = r"8[1-9](?:[ \-]?\p{Nd}){7,10}"  # without its prefix no dots: rupiah has them
_PHONE = rf"(?:^|\P{{Nd}})(?:{_PREFIXED}|{_BARE})(?:\P{{Nd}}|$)"
_PERSONAL: Mapping[str, str] = MappingProxyType({"nomor_di_teks": _SIXTEEN, "telepon_di_teks": _PHONE})
"""Rule -> what a NIK or No. KK, and a mobile phone, look like inside a text: their digits, together or apart."""

Reader = Callable[[Sequence[str]], tuple[list[Any], list[str]]]


@dataclass(frozen=True)
class Reported:
    """Positions (within the file) where a cell broke a rule of reading."""

    rule: str
    positions: np.ndarray


@dataclass(frozen=True)
class Settings:
    """What the mapping says about a file: order of day and month, decimal mark (empty: decided from the column)."""

    date_order: str = ""
    decimal_mark: str = ""


@dataclass(frozen=True)
class Parsed:
    """A typed column of one file, the cells that broke a rule, and how its unclear texts were taken (empty: none was unclear)."""

    values: pa.Array
    reported: Sequence[Reported] = ()
    taken: str = ""


def parse_column(column: Column, values: pa.ChunkedArray, settings: Settings) -> Parsed:
    """Type one column of one file; shape (n,) in and out."""
    array = _whole(values)
    if pa.types.is_null(array.type):
        return Parsed(pa.nulls(len(array), target_type(column)))
    if not _is_text(array.type):
        typed = _parse_typed(column, array)
        if typed is not None:
            return Parsed(*typed)
        array = pc.cast(array, pa.large_string())
    return _parse_text(column, array, settings)


def target_type(column: Column) -> pa.DataType:
    """Arrow type of a typed column."""
    if column.kind in ("text", "id", "class", "set"):
        return WORDS
    return {"float": pa.float64(), "date": pa.int32()}.get(column.kind, pa.int64())


def _whole(values: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(values.type) and not _is_text(values.type):
        values = pc.cast(values, values.type.value_type)
    if values.num_chunks == 1:
        return values.chunk(0)
    if pa.types.is_dictionary(values.type):
        values = values.unify_dictionaries()
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], type=values.type)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _parse_typed(column: Column, array: pa.Array) -> tuple[pa.Array, list[Reported]] | None:
    """The short way for typed columns; None when the column has to be read as text after all."""
    if pa.types.is_decimal(array.type) and column.kind in ("int", "money", "float", "code"):
        array = pc.cast(array, pa.float64())
    if column.kind == "date":
        return _typed_date(array)
    if column.kind == "bool" and pa.types.is_boolean(array.type):
        return pc.add(pc.cast(array, pa.int64()), 100), []
    numeric = pa.types.is_integer(array.type) or pa.types.is_floating(array.type)
    if not numeric or column.kind in ("text", "id", "class", "set"):
        return None
    typed, reported = _typed_number(column, array)
    if not _minus_one_is_unknown(column):
        return typed, reported
    sentinel = pc.fill_null(pc.equal(typed, -1), False)
    positions = np.flatnonzero(sentinel.to_numpy(zero_copy_only=False))
    if len(positions):
        return pc.if_else(sentinel, None, typed), [*reported, Reported("sentinel", positions)]
    return typed, reported


def _minus_one_is_unknown(column: Column) -> bool:
    """Whether -1 can only be somebody's way to write "not known"."""
    return column.kind in ("int", "code") or (column.kind == "float" and column.low is not None and column.low >= 0)


def _typed_number(column: Column, array: pa.Array) -> tuple[pa.Array, list[Reported]]:
    if column.kind == "float":
        return _without_nan(pc.cast(array, pa.float64(), safe=False)), []
    if pa.types.is_integer(array.type):
        return pc.cast(array, pa.int64()), []
    return _typed_whole(column, _without_nan(array))


def _without_nan(array: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_finite(array), array, None)


def _typed_whole(column: Column, array: pa.Array) -> tuple[pa.Array, list[Reported]]:
    """Whole numbers that were stored as floating point, as happens to columns with missing values."""
    rounded = pc.round(array)
    fraction = np.flatnonzero(pc.fill_null(pc.not_equal(array, rounded), False).to_numpy(zero_copy_only=False))
    whole = pc.cast(rounded, pa.int64(), safe=False)
    rule = "sen_dibulatkan" if column.kind == "money" else "angka_pecahan"
    return whole, [Reported(rule, fraction)] if len(fraction) else []


def _typed_date(array: pa.Array) -> tuple[pa.Array, list[Reported]] | None:
    if pa.types.is_timestamp(array.type) or pa.types.is_date64(array.type):
        array = pc.cast(array, pa.date32(), safe=False)
    if pa.types.is_date32(array.type):
        array = pc.cast(array, pa.int32())
    if pa.types.is_floating(array.type):
        array = pc.cast(_without_nan(array), pa.int64(), safe=False)
    if not pa.types.is_integer(array.type):
        return None
    inside = pc.and_(pc.greater_equal(array, FIRST_DAY), pc.less_equal(array, LAST_DAY))
    outside = np.flatnonzero(pc.fill_null(pc.invert(inside), False).to_numpy(zero_copy_only=False))
    days = pc.cast(pc.if_else(inside, array, None), pa.int32())
    return days, [Reported("tanggal_di_luar_batas", outside)] if len(outside) else []


def _parse_text(column: Column, array: pa.Array, settings: Settings) -> Parsed:
    encoded = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    distinct, unseen = without_unseen(pc.cast(encoded.dictionary, pa.large_string()))
    distinct = pc.utf8_trim_whitespace(distinct)
    indices = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int32)
    distinct, long = _shortened(distinct, MAX_CELL if column.kind in ("text", "id") and not column.form else MAX_WORD)
    distinct, numbered = _without_numbers(column, distinct)
    broken = {"karakter_tak_tampak": unseen, "isian_terlalu_panjang": long, **numbered}
    first = _reported(broken, len(distinct), indices)
    if column.kind in ("text", "id") and not column.form:
        return Parsed(_plain_text(column, distinct, indices), first)
    if column.form in ("nik", "kk"):
        numbers, places = numbers16_of(distinct)
        return Parsed(_laid_out(numbers, indices), [*first, *_reported(places, len(distinct), indices)])
    texts = distinct.to_pylist()
    values, rules = _understand(column, texts, settings)
    return Parsed(_spread(column, values, indices), [*first, *_report(rules, indices)], _taken(column, texts, settings))


def _shortened(distinct: pa.Array, most: int) -> tuple[pa.Array, np.ndarray]:
    """Texts, null where one is longer than any cell may be; and the places of those."""
    too_long = pc.fill_null(pc.greater(pc.utf8_length(distinct), most), False)
    places = np.flatnonzero(too_long.to_numpy(zero_copy_only=False))
    return (pc.if_else(too_long, None, distinct) if len(places) else distinct), places


def _without_numbers(column: Column, distinct: pa.Array) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """Texts of a column that the store keeps in clear, null where one holds what may be a person's number; and where."""
    places: dict[str, np.ndarray] = {}
    if column.kind not in ("text", "set") or column.form or column.cls == "K":
        return distinct, places
    for rule, pattern in _PERSONAL.items():
        personal = pc.fill_null(pc.match_substring_regex(distinct, pattern), False)
        places[rule] = np.flatnonzero(personal.to_numpy(zero_copy_only=False))
        distinct = pc.if_else(personal, None, distinct) if len(places[rule]) else distinct
    return distinct, places


def _reported(places: Mapping[str, np.ndarray], distinct: int, indices: np.ndarray) -> list[Reported]:
    found = {rule: _rows(broken, distinct, indices) for rule, broken in sorted(places.items()) if len(broken)}
    return [Reported(rule, rows) for rule, rows in found.items() if len(rows)]


def _rows(places: np.ndarray, distinct: int, indices: np.ndarray) -> np.ndarray:
    """Rows that hold one of the distinct texts at some places."""
    broken = np.zeros(distinct + 1, dtype=bool)  # the last place stands for the missing, index -1
    broken[places] = True
    return np.flatnonzero(broken[indices])


def _laid_out(words: pa.Array, indices: np.ndarray) -> pa.Array:
    """Texts of the distinct values laid out over the rows."""
    again = pc.dictionary_encode(words)
    mapped = np.asarray(pc.fill_null(again.indices, -1)).astype(np.int32)
    return _dictionary(np.append(mapped, -1)[indices], again.dictionary)


def _taken(column: Column, texts: list[str | None], settings: Settings) -> str:
    """How a column's texts were taken when all of them that matter allow two readings."""
    if column.kind in ("int", "money", "float") and not settings.decimal_mark:
        return "titik sebagai pemisah ribuan, koma sebagai desimal" if _only_unclear(texts, amounts.readings) else ""
    if column.kind == "date" and not settings.date_order:
        return "hari sebelum bulan" if _only_unclear(texts, dates.readings) else ""
    return ""


def _only_unclear(texts: Sequence[str | None], readings: Callable[[str], tuple[Any, Any]]) -> bool:
    """Whether some texts allow two different readings and none allows only one."""
    spoken = [text for text in texts if text and not text.isalnum()]
    differing = [pair for pair in map(readings, spoken) if pair[0] != pair[1]]
    return bool(differing) and all(None not in pair for pair in differing)


def _plain_text(column: Column, distinct: pa.Array, indices: np.ndarray) -> pa.Array:
    """Text as it stands, trimmed; what says nothing becomes missing."""
    silent = EMPTY if column.kind == "id" else EMPTY_TEXT if column.cls == "K" else EMPTY
    empty = pc.is_in(pc.utf8_lower(distinct), pa.array(sorted(silent), type=pa.large_string()))
    return _laid_out(pc.if_else(empty, None, distinct), indices)


def _dictionary(codes: np.ndarray, words: pa.Array) -> pa.DictionaryArray:
    indices = pa.array(codes, type=pa.int32(), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pc.cast(words, pa.large_string()))


def _understand(column: Column, texts: list[str | None], settings: Settings) -> tuple[list[Any], list[str]]:
    """Values and broken rules of the distinct texts; texts that say nothing are missing and break no rule."""
    spoken = [i for i, text in enumerate(texts) if text is not None and text.casefold() not in EMPTY]
    minus_one = _minus_one_is_unknown(column)
    sentinel = {i for i in spoken if minus_one and (texts[i] or "").removesuffix(".0") == "-1"}
    asked = [i for i in spoken if i not in sentinel]
    read, broken = _reader(column, settings)([texts[i] or "" for i in asked])
    values: list[Any] = [None] * len(texts)
    rules = [""] * len(texts)
    for i, value, rule in zip(asked, read, broken, strict=True):
        values[i], rules[i] = value, rule
    for i in sentinel:
        rules[i] = "sentinel"
    return values, rules


def _reader(column: Column, settings: Settings) -> Reader:
    forms: dict[str, Reader] = {
        "telepon": read_phones, "wilayah": read_regions, "npsn": read_schools,
    }  # fmt: skip
    if column.form:
        return forms[column.form]
    kinds: dict[str, Reader] = {
        "bool": read_answers,
        "date": lambda texts: read_dates(texts, order=settings.date_order),
        "code": lambda texts: _codes(column, texts),
        "class": lambda texts: read_words(texts, column),
        "set": lambda texts: read_sets(texts, column),
        "float": lambda texts: _floats(texts, settings.decimal_mark),
    }
    return kinds.get(column.kind, lambda texts: _whole_numbers(column, texts, settings.decimal_mark))


def _whole_numbers(column: Column, texts: Sequence[str], mark: str) -> tuple[list[Any], list[str]]:
    numbers, rules = read_numbers(texts, whole=True, mark=mark)
    for i, number in enumerate(numbers):
        if number is not None and not abs(number) < _LARGEST:
            numbers[i], rules[i] = None, "di_luar_rentang"
        elif isinstance(number, float):
            numbers[i] = round(number) if column.kind == "money" else None
            rules[i] = "sen_dibulatkan" if column.kind == "money" else "angka_pecahan"
    return list(numbers), rules


def _codes(column: Column, texts: Sequence[str]) -> tuple[list[Any], list[str]]:
    codes, rules = read_codes(texts, column)
    large = [code is not None and code >= _LARGEST for code in codes]
    return (
        [None if far else code for code, far in zip(codes, large, strict=True)],
        ["kode_tak_dikenal" if far else rule for rule, far in zip(rules, large, strict=True)],
    )


def _floats(texts: Sequence[str], mark: str) -> tuple[list[Any], list[str]]:
    numbers, rules = read_numbers(texts, whole=False, mark=mark)
    for i, number in enumerate(numbers):
        if number is not None and not abs(number) < _LARGEST:
            numbers[i], rules[i] = None, "di_luar_rentang"
    return [None if number is None else float(number) for number in numbers], rules


def _spread(column: Column, values: list[Any], indices: np.ndarray) -> pa.Array:
    """Values of the distinct texts laid out over the rows."""
    kind = target_type(column)
    if kind == WORDS:
        return _laid_out(pa.array(values, type=pa.large_string()), indices)
    distinct = pa.array([*values, None], type=kind)
    return distinct.take(pa.array(np.where(indices < 0, len(values), indices)))


def _report(rules: list[str], indices: np.ndarray) -> list[Reported]:
    reported = []
    names = np.array([*rules, ""], dtype=object)
    for rule in sorted({rule for rule in rules if rule}):
        broken = names == rule
        reported.append(Reported(rule, np.flatnonzero(broken[indices])))
    return reported
