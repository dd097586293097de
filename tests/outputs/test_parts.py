import dataclasses
import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from handmade_lists import cut, make_lists, make_nation, make_vault, views
from python_calamine import CalamineWorkbook

from pkh_graduation.outputs import SHOWN_FACTS, PartSummary, write_index, write_lists, write_part
from pkh_graduation.outputs.views import About
from pkh_graduation.outputs.workbook import make_workbook


def write_parts(lists, out: Path, number: int = 2, folders: bool = False, **options) -> list[PartSummary]:
    return [
        write_part(part, out, part=f"{position:02d}", vault=make_vault(lists), folders=folders, **options)
        for position, part in enumerate(cut(lists, number))
    ]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("number", [1, 3])
def test_part_by_part_is_the_same_as_at_once(number, tmp_path):
    lists = make_nation()
    write_lists(lists, tmp_path / "whole", vault=make_vault(lists))
    summaries = write_parts(lists, tmp_path / "parts", number, folders=True)
    index = write_index(summaries, tmp_path / "parts")
    whole, parts = files(tmp_path / "whole"), files(tmp_path / "parts")
    machine = sorted(name for name in parts if name.startswith("daftar/"))
    assert machine == [f"daftar/bucket={position:02d}.parquet" for position in range(number)] and index.removed == 0
    copies = pd.read_parquet(tmp_path / "parts" / "daftar").sort_values("kpm_id", ignore_index=True)
    pd.testing.assert_frame_equal(
        copies, pd.read_parquet(tmp_path / "whole" / "daftar.parquet").sort_values("kpm_id", ignore_index=True)
    )
    assert whole.keys() - {"daftar.parquet"} == parts.keys() - set(machine)
    assert all(whole[name] == parts[name] for name in whole.keys() & parts.keys())


def test_one_kabupaten_written_in_parts_has_the_files_it_always_had(lists, vault, tmp_path):
    write_lists(lists, tmp_path / "whole", vault=vault)
    write_index(write_parts(lists, tmp_path / "parts"), tmp_path / "parts")
    whole, parts = files(tmp_path / "whole"), files(tmp_path / "parts")
    assert all(parts[name] == content for name, content in whole.items() if name != "daftar.parquet")


@pytest.mark.parametrize("made", [make_lists, make_nation])
def test_any_number_of_processes_writes_the_same_bytes(made, tmp_path):
    lists, written, said = made(), [], []
    for workers in (1, 2):
        out, told = tmp_path / str(workers), []
        paths = write_lists(lists, out, vault=make_vault(lists), workers=workers, progress=told.append)
        written.append([path.relative_to(out) for path in paths])
        said.append(told)
    assert files(tmp_path / "1") == files(tmp_path / "2")
    assert written[0] == written[1] and said[0] == said[1] != []


def test_several_kabupaten_have_folders_and_pages_that_lead_to_them(tmp_path):
    lists = make_nation()
    write_lists(lists, tmp_path, names={"3302": "Kab Banyumas"}, formats=("html",))
    top = (tmp_path / "index.html").read_text("utf-8")
    assert re.findall(r'<td><a href="(kabupaten/\d+\.html)"', top) == [f"kabupaten/330{n}.html" for n in (1, 2, 3)]
    assert "Kab Banyumas" in top and "d0000" not in top
    page = (tmp_path / "kabupaten" / "3302.html").read_text("utf-8")
    assert "<h1>Ringkasan daftar prioritas Kab Banyumas</h1>" in page
    links = re.findall(r'href="([^"]+)"', page)
    assert links[0] == "../index.html" and len(links) == 5
    assert all((tmp_path / "kabupaten" / link).resolve().is_file() for link in links)
    assert {path.parent.name for path in tmp_path.glob("pendamping/*/*.html")} == {"3301", "3302", "3303"}


def test_no_coordinators_page_names_a_family(tmp_path):
    lists = make_nation()
    write_lists(lists, tmp_path, vault=make_vault(lists), formats=("html",))
    pages = [tmp_path / "index.html", *(tmp_path / "kabupaten").iterdir()]
    assert len(pages) == 4
    assert not [page for page in pages if re.search(r"Ibu Siti|Melati|k0000", page.read_text("utf-8"))]


def test_lists_of_an_earlier_run_go_and_nothing_else_does(lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault)
    filled = tmp_path / "pendamping" / "d999.xlsx"
    filled.write_bytes(saved_again((tmp_path / "pendamping" / "d000000000000001.xlsx").read_bytes()))
    kept = {
        filled, tmp_path / "pendamping" / "catatan.html", tmp_path / "pendamping" / "rekap.xlsx",
        tmp_path / "pendamping" / "d000000000000001 (diisi).xlsx", tmp_path / "pendamping" / "arsip" / "lama.pdf",
        tmp_path / "daftar" / "catatan.txt", tmp_path / "kabupaten" / "peta.html", tmp_path / "rapat.html",
        tmp_path / "terbit.jsonl",
    }  # fmt: skip
    for path in kept - {filled, tmp_path / "terbit.jsonl"}:
        path.parent.mkdir(exist_ok=True)
        path.write_text("<title>Rapat</title>")
    (tmp_path / "pendamping" / "d000000000000001 (diisi).xlsx").write_bytes(
        (tmp_path / "pendamping" / "d000000000000001.xlsx").read_bytes()
    )
    stayed = cut(lists)[0]
    said: list[str] = []
    summary = write_part(stayed, tmp_path, part="00", vault=vault)
    index = write_index([summary], tmp_path, progress=said.append)
    gone = next(iter(set(lists.frame["pendamping_id"]) - set(stayed.frame["pendamping_id"])))
    assert gone == "d000000000000001"
    # Her two files, and the machine copy that now lies in daftar/.
    assert index.removed == 3
    assert said == ["3 berkas dari proses sebelumnya dihapus"]
    assert all(path.is_file() for path in kept)
    expected = {*summary.files, *(page.relative_to(tmp_path).as_posix() for page in index.pages)}
    assert files(tmp_path).keys() == expected | {path.relative_to(tmp_path).as_posix() for path in kept}


def test_another_format_of_the_same_run_stays_and_one_of_another_run_goes(lists, vault, tmp_path):
    def written() -> set[str]:
        return {Path(name).suffix for name in files(tmp_path) if name.startswith(("pendamping/", "index"))}

    write_lists(lists, tmp_path, vault=vault, formats=("xlsx", "pdf"))
    write_lists(lists, tmp_path, vault=vault, formats=("html",))
    assert written() == {".xlsx", ".pdf", ".html"}
    write_lists(dataclasses.replace(lists, run_id="another"), tmp_path, vault=vault, formats=("html",))
    assert written() == {".html"}, "a form of the run before would contradict the page"
    write_lists(lists, tmp_path, vault=vault, formats=("xlsx",))
    assert written() == {".xlsx"}


def saved_again(workbook: bytes) -> bytes:
    """As a spreadsheet program would: the day of modification moves."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)2025-09-30", rb"\g<1>2025-11-02", content)
            new.writestr(name, content)
    return buffer.getvalue()


def test_folders_left_empty_go_too(tmp_path):
    lists = make_nation()
    write_lists(lists, tmp_path)
    write_lists(cut(lists, 1)[0], tmp_path, formats=("html",))
    assert len(list(tmp_path.glob("pendamping/*/*.xlsx"))) == 12
    first = dataclasses.replace(lists, frame=lists.frame[lists.frame["kabupaten"] == "3301"])
    write_lists(first, tmp_path)
    assert sorted(path.name for path in (tmp_path / "pendamping").iterdir() if path.is_dir()) == []
    assert sorted((tmp_path / "kabupaten").iterdir()) == []
    assert len(list(tmp_path.glob("pendamping/*.xlsx"))) == 4


def test_a_part_says_what_it_wrote_and_is_named_safely(lists, tmp_path):
    made = write_part(lists, tmp_path, part="3302", formats=("html",))
    assert sorted(made.files) == sorted(files(tmp_path))
    with pytest.raises(ValueError, match=r"'\.\./x'"):
        write_part(lists, tmp_path, part="../x")


def test_a_caseload_of_three_hundred_is_in_the_appendix_whole():
    lists = make_lists(600, 30)
    caseload = views(lists, make_vault(lists))["d000000000000001"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(make_workbook(caseload, About(lists.as_of, "f" * 64, "m", ""))))
    everyone = [row[0] for row in book.get_sheet_by_name("Dampingan").to_python()[3:]]
    assert len(everyone) == 300
    assert everyone == [family.nama for family in caseload.semua]
    assert len(caseload.daftar) == 30


def test_details_are_worked_out_for_listed_families_alone(lists, vault, monkeypatch):
    """The appendix holds ten times as many families as the list; nobody reads the chances or visits of the others."""
    asked: list[float] = []
    monkeypatch.setattr("pkh_graduation.outputs.words.chance", lambda share: str(asked.append(share)))
    views(lists, vault)
    assert len(asked) == 14


def test_facts_that_no_list_shows_are_not_asked_for(lists, vault, tmp_path):
    few = dataclasses.replace(lists.facts, values=lists.facts.values[list(SHOWN_FACTS)], known=pd.DataFrame())
    bare = dataclasses.replace(lists.facts, values=lists.facts.values[[]], known=pd.DataFrame())
    one, two = (dataclasses.replace(lists, facts=facts) for facts in (few, bare))
    plain = views(lists, vault)
    assert views(one, vault) == plain
    told = views(two, vault)["d000000000000001"].semua
    assert {family.komponen + family.kunjungan for family in told} == {""}
