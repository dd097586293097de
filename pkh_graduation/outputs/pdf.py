"""PDF: one caseload on paper, a page or more for each desa, so that a desa's sheets can be carried alone.

Typst sets the pages, with the fonts it brings along and nothing from the machine or a network; it is the extra ``pdf``. All
texts reach it as data, never as markup.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.columns import bulleted, numbered
from pkh_graduation.outputs.files import TITLE
from pkh_graduation.outputs.views import About, Caseload, Family

_HEADS = ("No", "Keluarga", "Kesiapan", words.SUPPORTING, words.HOLDING, "Peringatan dan cek", "Hasil kunjungan")


class PdfError(RuntimeError):
    """PDF cannot be made: what makes it is not installed."""


def make_pdf(caseload: Caseload, about: About) -> bytes:
    """One caseload as PDF, grouped by desa and kelompok; equal lists are equal bytes.

    Raises:
        PdfError: Typst is not installed.
    """
    compiler, source = _compiler()
    moment = dt.datetime.combine(about.as_of, dt.time(), dt.UTC)
    content = json.dumps(_content(caseload, about), ensure_ascii=False)
    made: bytes = compiler.compile(input=source, format="pdf", sys_inputs={"data": content}, timestamp=moment)
    return made


@cache
def _compiler() -> tuple[Any, bytes]:
    """Typst, without the machine's fonts, and our template."""
    try:
        import typst
    except ImportError as error:
        raise PdfError(
            "lists as PDF need Typst: install the extra with pip install 'pkh-graduation[pdf]', or leave pdf out of the formats."
        ) from error
    source = files("pkh_graduation.outputs").joinpath("templates/list.typ").read_bytes()
    return typst.Compiler(ignore_system_fonts=True), source


def _content(caseload: Caseload, about: About) -> dict[str, Any]:
    places = sorted({family.desa for family in caseload.semua})
    return {
        "title": f"{TITLE} pendamping {caseload.pendamping}",
        "about": f"Per {words.date(about.as_of)} · kuota setahun {caseload.kuota}, di daftar {len(caseload.daftar)} keluarga · "
        f"{about.ranking}",
        "tag": about.tag,
        "tool": words.TOOL,
        "appeal": words.APPEAL,
        "foot": f"{words.TOOL} · proses {about.run_id[:12]}",
        "heads": _HEADS,
        "desa": [_place(caseload, place) for place in places],
    }


def _place(caseload: Caseload, place: str) -> dict[str, Any]:
    others = [family for family in caseload.semua if family.desa == place and not family.urutan]
    return {
        "nama": place or "desa tidak tercatat",
        "daftar": [_listed(family) for family in caseload.daftar if family.desa == place],
        "lain": _numbered_rows(sorted(others, key=lambda f: (f.kelompok, f.nama.casefold(), f.kpm_id))),
    }


def _listed(family: Family) -> dict[str, str]:
    return {
        "no": str(family.urutan),
        "nama": family.nama,
        "letak": "\n".join([text for text in (family.rt_rw, family.tempat, family.kelompok) if text]),
        "kesiapan": family.kesiapan,
        "peluang": family.persen,
        "mengapa": numbered([reason.text for reason in family.alasan]),
        "menahan": numbered([reason.text for reason in family.penahan]),
        "cek": bulleted([*family.peringatan, *(f"cek: {check}" for check in family.cek)]),
    }


def _numbered_rows(families: Sequence[Family]) -> list[list[str]]:
    return [
        [str(number), family.nama, family.rt_rw, family.kelompok, family.keterangan]
        for number, family in enumerate(families, 1)
    ]
