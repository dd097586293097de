import dataclasses
import re

import pandas as pd
import pytest
from handmade_lists import NASTY, make_lists, make_vault

from pkh_graduation.outputs import VaultError, write_lists
from pkh_graduation.outputs.views import safe_name


@pytest.fixture
def written(lists, vault, tmp_path):
    return write_lists(lists, tmp_path, vault=vault)


def test_every_caseload_gets_both_files_and_the_coordinator_hers(written, tmp_path):
    names = sorted(path.relative_to(tmp_path).as_posix() for path in written)
    assert names == [
        "daftar.parquet", "index.html", "index.xlsx", "pendamping/d000000000000001.html", "pendamping/d000000000000001.xlsx",
        "pendamping/d____evil-52f72925.html", "pendamping/d____evil-52f72925.xlsx", "terbit.jsonl",
    ]  # fmt: skip
    assert all(path.stat().st_size for path in written)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(written)


def test_equal_lists_are_equal_bytes(lists, vault, tmp_path):
    one, two = (
        write_lists(lists, tmp_path / name, vault=vault.sample(frac=1, random_state=n)) for n, name in enumerate("ab")
    )
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_vault_is_read_from_frame_index_file_or_folder(lists, vault, tmp_path):
    folder = tmp_path / "vault"
    folder.mkdir()
    vault.to_parquet(folder / "identitas.parquet")
    ways = [vault, vault.set_index("kpm_id"), folder, folder / "identitas.parquet", str(folder)]
    pages = []
    for number, way in enumerate(ways):
        out = write_lists(lists, tmp_path / str(number), vault=way, formats=("html",))
        pages.append(out[0].read_bytes())
    assert len(set(pages)) == 1
    assert b"Ibu Siti" in pages[0]


def test_without_a_vault_the_pseudonym_stands_for_the_name(lists, tmp_path):
    page = write_lists(lists, tmp_path, formats=("html",))[1].read_text("utf-8")
    assert "k000000000000000" in page
    assert "Ibu Siti" not in page


def test_no_number_of_card_or_person_leaves_the_vault_and_no_name_is_for_machines(written):
    for path in written:
        assert b"3302010101010001" not in path.read_bytes()
        assert b"3302014101010001" not in path.read_bytes()
    public = [path for path in written if path.parent.name != "pendamping"]
    for path in public:
        assert b"Ibu Siti" not in path.read_bytes()
        assert b"Melati" not in path.read_bytes()
    assert not any("Siti" in path.name for path in written)


def test_machine_copy_holds_every_family_with_run_and_sentences(written, lists):
    frame = pd.read_parquet(next(path for path in written if path.suffix == ".parquet"))
    assert len(frame) == len(lists.frame)
    assert set(frame["run_id"]) == {lists.run_id}
    assert set(frame["model_versi"]) == {"graduation-2025-09-30"}
    first = frame[frame["kpm_id"] == "k000000000000000"].iloc[0]
    assert first["alasan_3"].startswith("Tabungan")
    assert frame.set_index("kpm_id").loc["k000000000000002", "tanggal_komponen_habis"] == pd.Timestamp("2026-09-04")
    assert pd.isna(first["tanggal_komponen_habis"])
    assert first["penahan_2"].endswith("(data 12 Mei 2025)")
    assert pd.isna(frame["alasan_1"]).sum() == len(frame) - 14


def test_unknown_format_and_broken_vaults_are_refused_in_sentences(lists, tmp_path):
    with pytest.raises(ValueError, match=r"\['docx'\]"):
        write_lists(lists, tmp_path, formats=("docx",))
    with pytest.raises(VaultError, match="no open vault at"):
        write_lists(lists, tmp_path, vault=tmp_path / "nowhere")
    with pytest.raises(VaultError, match="no kpm_id"):
        write_lists(lists, tmp_path, vault=make_vault(lists).drop(columns="kpm_id"))


def test_a_write_that_fails_leaves_the_old_file_whole(lists, vault, tmp_path, monkeypatch):
    path = write_lists(lists, tmp_path, vault=vault, formats=("html",))[0]
    before = path.read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", broken)
    with pytest.raises(OSError, match="disk"):
        write_lists(make_lists(listed=3), tmp_path, vault=vault, formats=("html",))
    assert path.read_bytes() == before


def broken(self, target):
    raise OSError("disk full")


def test_progress_names_the_pendamping_and_no_family(lists, vault, tmp_path):
    said: list[str] = []
    write_lists(lists, tmp_path, vault=vault, formats=(), progress=said.append)
    assert said == ["daftar d/../evil", "daftar d000000000000001"] or said == [
        "daftar d000000000000001",
        "daftar d/../evil",
    ]


def test_file_names_never_leave_their_folder():
    names = [safe_name(text) for text in ("../../etc/passwd", "a b", "a/b", "", "d" * 200, *NASTY)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)
    assert len(set(names)) == len(names)


def test_empty_caseload_lists_are_pages_too(lists, tmp_path):
    frame = lists.frame.assign(urutan=pd.array([pd.NA] * len(lists.frame), dtype="Int32"))
    nobody = dataclasses.replace(lists, frame=frame, cards=lists.cards.iloc[:0])
    page = write_lists(nobody, tmp_path)[1].read_text("utf-8")
    assert "Tidak ada keluarga di daftar." in page
