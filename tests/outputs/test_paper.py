"""Lists as PDF and as CSV."""

import io
import re
import subprocess
import sys
from importlib.resources import files

import pandas as pd
import pytest
from handmade_lists import AS_OF, views

from pkh_graduation.outputs import pdf, words, write_lists
from pkh_graduation.outputs.machine import csv_of
from pkh_graduation.outputs.views import About

ABOUT = About(AS_OF, "f" * 64, "m-1", "DATA BUATAN (sintetis)")


@pytest.fixture
def typst():
    return pytest.importorskip("typst", reason="the extra pdf is not installed")


def test_every_family_is_on_paper_once_under_its_desa(lists, vault):
    caseload = views(lists, vault)["d000000000000001"]
    content = pdf._content(caseload, ABOUT)
    assert [place["nama"] for place in content["desa"]] == sorted({family.desa for family in caseload.semua})
    listed = [row["no"] for place in content["desa"] for row in place["daftar"]]
    others = [row[1] for place in content["desa"] for row in place["lain"]]
    assert sorted(map(int, listed)) == list(range(1, 13))
    assert sorted(others) == sorted(family.nama for family in caseload.semua if not family.urutan)


def test_equal_lists_are_equal_pdfs_and_names_are_no_markup(typst, lists, vault):
    caseload = views(lists, vault)["d000000000000001"]
    first, again = (pdf.make_pdf(caseload, ABOUT) for _ in range(2))
    assert first == again and first.startswith(b"%PDF-")
    hostile = caseload.daftar[0]._replace(nama='#panic("x") $ * _ ` [')
    assert pdf.make_pdf(type(caseload)(**{**vars(caseload), "daftar": (hostile,)}), ABOUT) != first


def test_no_word_on_paper_is_wider_than_its_column(typst):
    """Typst measures, set as the template sets them: words of readiness fit, names and codes without a gap are broken."""
    template = files("pkh_graduation.outputs").joinpath("templates/list.typ").read_text(encoding="utf-8")
    name, readiness = re.search(r"columns: \(\d+mm, (\d+)mm, (\d+)mm,", template).groups()
    setting, rule = (re.search(part, template)[0] for part in (r"\n#set text\(.*\)\n", r"\n#let fit(?:.*\n)*?}\n"))
    held = {word for text in words.BAND.values() for word in text.split()}
    asked = [f"measure([{word}]).width <= {readiness}mm - 8pt" for word in sorted(held)]
    broken = [
        f"measure(width: {name}mm - 8pt, fit[*{long}*]).height > 2 * measure([X]).height"
        for long in ("W" * 40, "0" * 30)
    ]
    checks = "".join(f"#context assert({check})\n" for check in asked + broken)
    typst.compile((setting + rule + checks).encode(), format="pdf")
    with pytest.raises(typst.TypstError):
        typst.compile(f"{setting}#let fit(cell) = cell\n#context assert({broken[0]})".encode(), format="pdf")
    with pytest.raises(typst.TypstError):
        typst.compile(f"{setting}#context assert(measure([pendampingan]).width <= 21mm - 8pt)".encode(), format="pdf")


def test_pdfs_are_written_logged_and_taken_away(typst, lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault, formats=("pdf", "html"))
    assert len(list(tmp_path.glob("pendamping/*.pdf"))) == 2
    own = tmp_path / "pendamping" / "rapat.pdf"
    own.write_bytes(b"%PDF-1.7 (Rapat)")
    for path in list(tmp_path.glob("pendamping/d0*.pdf")):
        path.rename(path.with_name("d999.pdf"))
    write_lists(lists, tmp_path, vault=vault, formats=("html",))
    assert {path.name for path in tmp_path.glob("pendamping/*.pdf")} == {"rapat.pdf", "d____evil-52f72925.pdf"}


def test_without_typst_the_message_says_what_to_install():
    code = (
        "import sys; sys.modules['typst'] = None\n"
        "from pkh_graduation.outputs import pdf\n"
        "try: pdf.make_pdf(None, None)\n"
        "except pdf.PdfError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pkh-graduation[pdf]" in said


def test_csv_is_the_machine_copy_and_no_text_begins_like_a_formula(lists, tmp_path):
    risky = lists.__class__(**{**vars(lists), "frame": lists.frame.assign(kelompok_id="=1+1")})
    write_lists(risky, tmp_path, formats=("csv",))
    flat, table = pd.read_parquet(tmp_path / "daftar.parquet"), pd.read_csv(tmp_path / "daftar.csv", dtype=str)
    assert list(table) == list(flat) and len(table) == len(flat)
    assert set(table["kelompok_id"]) == {"'=1+1"}
    assert table["row_id"].tolist() == flat["row_id"].tolist()
    assert not re.search(rb"(^|,)[=+@]", csv_of(flat), re.M)
    assert pd.read_csv(io.BytesIO(csv_of(flat)))["p_mandiri_12m"].notna().sum() == flat["p_mandiri_12m"].notna().sum()
