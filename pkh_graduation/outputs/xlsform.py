"""XLSForm: one caseload's visits as a form for ODK Collect or KoBo, filled in offline, in Indonesian and English.

The questions carry the names and codes of the records, so that the table which ODK exports is what `feedback` reads. A form
offers the families of one list under the ids of their rows: what is sent back names nobody. The form itself does, and so
belongs to the one pendamping who serves them. Format: the XLSForm standard, sheets ``survey``, ``choices``, ``settings``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.books import add_sheet, open_book
from pkh_graduation.outputs.files import FORM_TITLE
from pkh_graduation.outputs.views import About, Caseload, Family
from pkh_graduation.programme.outcomes import ENGLISH
from pkh_graduation.programme.returns import LAYOUT, NOTE_LETTERS, OUTCOMES

LANGUAGES = ("Bahasa Indonesia (id)", "English (en)")
"""The first is the one a form opens in."""
FAMILIES = "keluarga"
"""List of choices with the families of the caseload's list."""
_MET = ("setuju", "ragu", "tolak")
"""Words of a family that nobody can bring who has not met it; an objection may reach us in other ways."""
_HEADS: Mapping[str, str] = MappingProxyType({column: head for head, column in LAYOUT.answers.items()})
_OWN_ROW = "/".join((f"instance('{FAMILIES}')", "root", "item[name = ${row_id}]"))
"""Where a form keeps the choice that was made."""


@dataclass(frozen=True)
class Question:
    """One row of the survey: its type, its name, label and hint in both languages, and its rules by the standard's columns."""

    kind: str
    name: str
    label: tuple[str, str] = ("", "")
    hint: tuple[str, str] = ("", "")
    wrong: tuple[str, str] = ("", "")
    rules: Mapping[str, str] = field(default_factory=dict)


def make_form(caseload: Caseload, about: About) -> bytes:
    """One caseload's list as XLSForm; equal lists are equal bytes. The list has at least one family."""
    book, buffer = open_book(FORM_TITLE, about.as_of)
    _sheet(add_sheet(book, "survey"), [_row_of(question) for question in questions(caseload, about)])
    _sheet(add_sheet(book, "choices"), [*_family_rows(caseload.daftar), *_code_rows()])
    _sheet(add_sheet(book, "settings"), [_settings(caseload, about)])
    book.close()
    return buffer.getvalue()


def questions(caseload: Caseload, about: About) -> tuple[Question, ...]:
    """What the form asks, in its order; the rules are those by which an answer is judged when it comes back."""
    day = about.as_of.isoformat()
    return (
        Question("calculate", "list_id", rules={"calculation": f"'{caseload.list_id}'"}),
        Question("note", "alat_bantu", (words.TOOL, words.TOOL_EN)),
        Question(f"select_one {FAMILIES}", "row_id", ("Keluarga yang dikunjungi", "Family visited"), _SEARCH, rules=_SOUGHT),
        Question("note", "periksa", (_CHECK.format("Cek saat kunjungan"), _CHECK.format("To check at the visit")), rules=_ANY),
        _asked("hasil", "Result of the visit", required="yes"),
        Question("date", "tanggal_kunjungan", (_HEADS["tanggal_kunjungan"], "Date of the visit"), wrong=_DAY, rules={
            "required": "yes", "relevant": "${hasil} != '' and ${hasil} != 'belum'",
            "constraint": f". >= date('{day}') and . <= today()",
        }),
        _asked("keputusan_keluarga", "What the family says", choice_filter=_SPOKEN),
        _asked("keputusan", "What becomes of the proposal"),
        Question("text", "catatan", (_HEADS["catatan"], "Note"), _PLAIN, _NUMBERS, rules={
            "required": "${keputusan} = 'ditunda' or ${keputusan} = 'ditolak'", "appearance": "multiline",
            "constraint": f"string-length(.) <= {NOTE_LETTERS} and not(regex(., '.*[0-9]{{9,}}.*'))",
        }),
        Question("note", "hak_keluarga", (words.APPEAL, words.APPEAL_EN)),
    )  # fmt: skip


_SEARCH = ("Ketik sebagian nama atau desa.", "Type a part of the name or village.")
_SOUGHT = {"required": "yes", "appearance": "minimal autocomplete"}
_CHECK = f"{{}}: {_OWN_ROW.replace('{', '{{').replace('}', '}}')}/cek"
_SPOKEN = "bertemu = 'tidak' or ${hasil} = 'ditemui' or ${hasil} = 'pindah'"
_ANY = {"relevant": f"{_OWN_ROW}/cek != ''"}
_DAY = (
    "Tanggal tidak boleh sebelum tanggal daftar atau sesudah hari ini.",
    "Not before the date of the list, not after today.",
)
_PLAIN = (
    "Tanpa nama, NIK atau nomor telepon. Bila daftar tidak diikuti, tulis alasannya.",
    "No name, NIK or telephone number. If the list is not followed, say why.",
)
_NUMBERS = (
    f"Paling banyak {NOTE_LETTERS} huruf, tanpa nomor panjang.",
    f"At most {NOTE_LETTERS} signs, no long number.",
)


def _asked(column: str, english: str, **rules: str) -> Question:
    return Question(f"select_one {column}", column, (_HEADS[column], english), rules=rules)


def _family_rows(families: Iterable[Family]) -> list[dict[str, str]]:
    """Families of the list in its order, under the ids of their rows."""
    return [
        {
            "list_name": FAMILIES,
            "name": family.baris,
            **_both("label", (_plain(f"{family.urutan}. {family.nama}, {family.letak}"),) * 2),
            "no": str(family.urutan),
            "cek": _plain("; ".join(family.cek)),
        }
        for family in families
    ]


def _code_rows() -> list[dict[str, str]]:
    return [
        {
            "list_name": column,
            "name": code,
            **_both("label", (label, ENGLISH[column][code])),
            "bertemu": "ya" if column == "keputusan_keluarga" and code in _MET else "tidak",
        }
        for column, labels in OUTCOMES.items()
        for code, label in labels.items()
    ]


def _settings(caseload: Caseload, about: About) -> dict[str, str]:
    tag = f" · {about.tag}" if about.tag else ""
    return {
        "form_title": _plain(f"{FORM_TITLE} {caseload.pendamping}, per {words.date(about.as_of)}{tag}"),
        "form_id": f"kunjungan_{caseload.list_id}",
        "version": about.as_of.strftime("%Y%m%d"),
        "default_language": LANGUAGES[0],
        # The number on the list, not the name: this one travels.
        "instance_name": f"concat('No ', {_OWN_ROW}/no)",
    }


def _plain(text: str) -> str:
    """A text that no form takes for an expression."""
    return " ".join(text.replace("${", "$ {").replace("instance(", "instance (").split())


def _row_of(question: Question) -> dict[str, str]:
    return {
        "type": question.kind,
        "name": question.name,
        **_both("label", question.label),
        **_both("hint", question.hint),
        **_both("constraint_message", question.wrong),
        **question.rules,
    }


def _both(column: str, texts: Sequence[str]) -> dict[str, str]:
    return {f"{column}::{language}": text for language, text in zip(LANGUAGES, texts, strict=True)}


def _sheet(sheet: Any, rows: Sequence[Mapping[str, str]]) -> None:
    """A header of all columns that any row fills, and the rows below it."""
    heads = list(dict.fromkeys(name for row in rows for name, text in row.items() if text))
    for number, cells in enumerate([heads, *([row.get(name, "") for name in heads] for row in rows)]):
        sheet.add_row(number, cells, [0] * len(heads))
    sheet.set_column(0, len(heads) - 1, 24)
