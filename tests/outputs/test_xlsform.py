"""The form for ODK asks what the workbook asks, by the same codes, and names nobody in what it sends."""

import dataclasses
import io
import re

import pytest
from handmade_lists import AS_OF, NASTY, views
from python_calamine import CalamineWorkbook

from pkh_graduation.monitoring import RawAnswer
from pkh_graduation.monitoring.answers import NOT_FOLLOWED, Judged, judge
from pkh_graduation.outputs import write_lists
from pkh_graduation.outputs.views import About, Caseload
from pkh_graduation.outputs.xlsform import FAMILIES, LANGUAGES, make_form
from pkh_graduation.programme.outcomes import ENGLISH, LETTERS, OUTCOMES
from pkh_graduation.programme.returns import LAYOUT

ABOUT = About(AS_OF, "f" * 64, "m-1", "DATA BUATAN (sintetis)")
HOSTILE = "Ibu ${row_id} instance('hasil') ${tak_ada} <b> & \"x\""
Rows = list[dict[str, str]]


@pytest.fixture
def caseload(lists, vault) -> Caseload:
    mine = views(lists, vault)["d000000000000001"]
    first = mine.daftar[0]._replace(nama=HOSTILE, cek=(HOSTILE,))
    return dataclasses.replace(mine, daftar=(first, *mine.daftar[1:]))


def sheets(form: bytes) -> dict[str, Rows]:
    """Rows of each sheet, by the names of its columns."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(form))
    found = {}
    for name in book.sheet_names:
        head, *lines = book.get_sheet_by_name(name).to_python()
        found[name] = [dict(zip(head, map(str, line), strict=True)) for line in lines]
    return found


def choices(form: dict[str, Rows], name: str) -> Rows:
    return [row for row in form["choices"] if row["list_name"] == name]


def test_questions_are_the_columns_that_feedback_reads(caseload):
    form = sheets(make_form(caseload, ABOUT))
    assert list(form) == ["survey", "choices", "settings"]
    asked = [row["name"] for row in form["survey"]]
    assert {"list_id", "row_id", *LAYOUT.answers.values()} <= set(asked) and len(set(asked)) == len(asked)
    of = {row["name"]: row for row in form["survey"]}
    assert of["list_id"]["calculation"] == f"'{caseload.list_id}'"
    assert {name: of[name]["type"] for name in OUTCOMES} == {name: f"select_one {name}" for name in OUTCOMES}
    assert of["tanggal_kunjungan"]["type"] == "date" and AS_OF.isoformat() in of["tanggal_kunjungan"]["constraint"]


def test_choices_are_the_codes_of_the_records_and_the_rows_of_the_list(caseload):
    form = sheets(make_form(caseload, ABOUT))
    for column, labels in OUTCOMES.items():
        own = choices(form, column)
        for language, told in zip(LANGUAGES, (labels, ENGLISH[column]), strict=True):
            assert {row["name"]: row[f"label::{language}"] for row in own} == told
    families = choices(form, FAMILIES)
    assert [row["name"] for row in families] == [family.baris for family in caseload.daftar]
    told = "\n".join(row[f"label::{LANGUAGES[0]}"] for row in families)
    assert all(name in told for name in NASTY[1:])


def test_every_code_has_a_label_in_both_languages_and_a_letter():
    assert {column: set(labels) for column, labels in OUTCOMES.items()} == {c: set(e) for c, e in ENGLISH.items()}
    assert {column: set(labels) for column, labels in OUTCOMES.items()} == {c: set(x) for c, x in LETTERS.items()}


def test_every_text_is_there_in_both_languages(caseload):
    for rows in sheets(make_form(caseload, ABOUT)).values():
        for row in rows:
            for column in ("label", "hint", "constraint_message"):
                said = [bool(row.get(f"{column}::{language}")) for language in LANGUAGES]
                assert said[0] == said[1], row


def test_expressions_name_questions_that_exist_and_no_family(caseload):
    form = sheets(make_form(caseload, ABOUT))
    asked = {row["name"] for row in form["survey"]}
    assert set(re.findall(r"\$\{(\w+)\}", str(form))) <= asked
    # Names stand in the choices alone, and nothing of them is among what is sent: ids, codes, dates and notes.
    rest = str(form["survey"]) + str(form["settings"])
    assert not any(family.nama in rest for family in caseload.semua)
    assert "nama" not in asked


@pytest.mark.parametrize("result", OUTCOMES["hasil"])
def test_the_form_offers_what_feedback_accepts_and_nothing_else(caseload, result):
    """Its filter and its rule for the date, read from the sheets, beside the judge of returned answers."""
    form = sheets(make_form(caseload, ABOUT))
    of = {row["name"]: row for row in form["survey"]}
    met = re.findall(r"\$\{hasil\} = '(\w+)'", of["keputusan_keluarga"]["choice_filter"])
    dated = result not in re.findall(r"\$\{hasil\} != '(\w+)'", of["tanggal_kunjungan"]["relevant"])
    for choice in choices(form, "keputusan_keluarga"):
        day = AS_OF.isoformat() if dated else ""
        said = {"hasil": result, "keputusan_keluarga": choice["name"], "tanggal_kunjungan": day}
        judged = judge(RawAnswer(1, "L", "R", **said), as_of=AS_OF, received=AS_OF)
        offered = choice["bertemu"] == "tidak" or result in met
        assert isinstance(judged, Judged) == offered, said


def test_a_reason_is_asked_where_feedback_would_miss_it(caseload):
    rule = next(row for row in sheets(make_form(caseload, ABOUT))["survey"] if row["name"] == "catatan")["required"]
    assert set(re.findall(r"'(\w+)'", rule)) == set(NOT_FOLLOWED)


def test_equal_lists_are_equal_forms(caseload):
    assert make_form(caseload, ABOUT) == make_form(caseload, ABOUT)


def test_pyxform_makes_a_form_of_it_without_a_warning(caseload, tmp_path):
    xls2xform = pytest.importorskip("pyxform.xls2xform", reason="pyxform is not installed")
    path = tmp_path / "form.xlsx"
    path.write_bytes(make_form(caseload, ABOUT))
    warnings: list[str] = []
    made = xls2xform.convert(str(path), warnings=warnings, validate=False).xform
    assert warnings == []
    assert f'<data id="kunjungan_{caseload.list_id}"' in made
    for name in ("list_id", "row_id", *LAYOUT.answers.values()):
        assert f"<{name}/>" in made
    assert re.search(r"root.item\[name =\s+/data/row_id\s*\]/cek", made)


def test_forms_are_written_where_somebody_is_listed_logged_and_taken_away(lists, vault, tmp_path):
    nobody = lists.frame["pendamping_id"] == "d/../evil"
    empty = dataclasses.replace(lists, frame=lists.frame.assign(urutan=lists.frame["urutan"].mask(nobody)))
    write_lists(empty, tmp_path, vault=vault, formats=("html", "odk"))
    assert [path.name for path in tmp_path.glob("pendamping/*.odk.xlsx")] == ["d000000000000001.odk.xlsx"]
    assert "d000000000000001.odk.xlsx" in (tmp_path / "terbit.jsonl").read_text("utf-8")
    write_lists(empty, tmp_path, vault=vault, formats=("html",))
    assert list(tmp_path.glob("pendamping/*.odk.xlsx")) != []  # this run says nothing of forms, so it leaves them
    (form,) = tmp_path.glob("pendamping/*.odk.xlsx")
    form.rename(form.with_name("d999.odk.xlsx"))
    write_lists(empty, tmp_path, vault=vault, formats=("html",))
    assert list(tmp_path.glob("pendamping/*.odk.xlsx")) == []
