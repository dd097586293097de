"""Families under two ids are suspected when, and only when, the records of that day say so; nothing is merged."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pkh_graduation import timeline
from pkh_graduation.cli.app import app
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.records.ingest import Ingested, ingest
from pkh_graduation.records.linkage import COLUMNS, count, find_suspects, last_day, sentences

KEY = b"a key that is only for the tests"
DESA = "9901010001"
runner = CliRunner()


class Office:
    """An export that grows line by line; dates are ISO, and become known a month after."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, object]]] = {
            "keluarga": [],
            "anggota": [],
            "identitas": [],
            "tautan_kpm": [],
        }

    def family(
        self, kpm: str, members: dict[str, tuple[str, int]], day: str, *, manager: str = "", desa: str = DESA, **extra
    ):
        """One visit: who is there, as person -> (birth date, sex); the first is the head."""
        when = {"tanggal_pemutakhiran": day, "tanggal_diketahui": known(day)}
        self.tables["keluarga"].append({"kpm_id": kpm, "kode_wilayah": desa, "pendamping_id": "P1", **when})
        self.tables["identitas"].append({"kpm_id": kpm, "nik_pengurus": manager, **when})
        for place, (person, (born, sex)) in enumerate(members.items()):
            who = {"tanggal_lahir": born, "jenis_kelamin": sex, "hubungan": 1 if not place else 3}
            self.tables["anggota"].append({"anggota_id": person, "kpm_id": kpm, **who, **when, **extra})

    def link(self, old: str, new: str, kind: str, day: str) -> None:
        own = {"kpm_lama": old, "kpm_baru": new, "jenis": kind, "berlaku_sejak": day, "tanggal_diketahui": known(day)}
        self.tables["tautan_kpm"].append(own)

    def read(self, folder: Path) -> Ingested:
        folder.mkdir(parents=True, exist_ok=True)
        events = [{"peristiwa_id": f"E{n}", "kpm_id": row["kpm_id"], "jenis": "masuk", "tahap_proses": "efektif",
                   "tanggal_peristiwa": "2015-07-01", "tanggal_diketahui": "2015-07-20"}
                  for n, row in enumerate(self.tables["keluarga"])]  # fmt: skip
        for name, rows in {**self.tables, "peristiwa_status": events}.items():
            if rows:
                pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
        return ingest(folder, key=KEY)


def known(day: str) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=30)).isoformat()


def at(read: Ingested, day: str | None = None) -> pd.DataFrame:
    return find_suspects(
        read.records, read.vault, last_day(read.records) if day is None else day_of(dt.date.fromisoformat(day))
    )


FOUR = {"a": ("1980-02-03", 2), "b": ("1979-05-06", 1), "c": ("2010-07-08", 1), "d": ("2014-09-10", 2)}
OTHERS = {"p": ("1985-02-13", 2), "q": ("2012-05-16", 1)}


def test_a_new_number_is_suspected_once_it_is_known_and_explained_once_the_link_is(tmp_path):
    office = Office()
    office.family("F1", FOUR, "2023-01-10")
    office.family("F2", FOUR, "2024-01-10")
    office.family("F3", OTHERS, "2023-01-10")
    office.link("F1", "F2", "ganti_nomor", "2024-06-01")
    read = office.read(tmp_path / "e")
    assert at(read, "2024-02-08").empty, "the second visit was not known yet"
    found = at(read, "2024-02-09")
    assert list(found.columns) == list(COLUMNS)
    assert found["jenis"].tolist() == ["ganti_nomor"]
    assert found[["anggota_sama", "lahir_sama"]].to_numpy().tolist() == [[4, 0]]
    assert found["diketahui"].tolist() == ["2024-02-09"]
    assert found["tautan"].tolist() == [""]
    assert at(read, "2024-06-30")["tautan"].tolist() == [""], "the link was not known yet"
    assert at(read, "2024-07-01")["tautan"].tolist() == ["ganti_nomor"]
    ids = dict(zip(read.pairs["asal"], read.pairs["id"], strict=True))
    assert found[["kpm_id", "kpm_lain"]].to_numpy().tolist() == [[ids["F1"], ids["F2"]]]


def test_people_without_an_id_of_their_own_are_recognised_by_sex_and_birth_in_one_desa(tmp_path):
    office = Office()
    office.family("F1", FOUR, "2023-01-10")
    office.family("F2", {f"{name}-2": who for name, who in FOUR.items()}, "2024-01-10")
    found = at(office.read(tmp_path / "e"))
    assert found[["jenis", "anggota_sama", "lahir_sama"]].to_numpy().tolist() == [["ganti_nomor", 0, 4]]
    apart = Office()
    apart.family("F1", FOUR, "2023-01-10")
    apart.family("F2", {f"{name}-2": who for name, who in FOUR.items()}, "2024-01-10", desa="9901010002")
    assert at(apart.read(tmp_path / "f")).empty


def test_families_without_a_row_of_their_own_are_nobodys_neighbours(tmp_path):
    office = Office()
    office.family("F1", FOUR, "2023-01-10")
    office.family("F2", {f"{name}-2": who for name, who in FOUR.items()}, "2024-01-10")
    for row in office.tables["keluarga"]:
        row["tanggal_pemutakhiran"] = "soon"
    read = office.read(tmp_path / "e")
    assert read.records.tables["keluarga"].empty
    assert at(read).empty


def test_a_family_that_split_and_one_that_stands_twice(tmp_path):
    office = Office()
    office.family("F1", FOUR, "2023-01-10")
    office.family("F2", {name: FOUR[name] for name in ("c", "d")}, "2024-01-10")
    office.family("F1", {name: FOUR[name] for name in ("a", "b")}, "2024-02-10")
    assert at(office.read(tmp_path / "e"))["jenis"].tolist() == ["pecah_kk"]
    office = Office()
    office.family("F1", FOUR, "2024-01-10")
    office.family("F2", FOUR, "2024-01-10")
    assert at(office.read(tmp_path / "f"))["jenis"].tolist() == ["ganda"], "the same day, two ids"


def test_one_member_who_moves_is_no_suspicion_but_the_manager_is(tmp_path):
    office = Office()
    office.family("F1", FOUR, "2023-01-10", manager="9901014101900001")
    office.family("F3", {**OTHERS, "d": FOUR["d"]}, "2024-01-10", manager="9901014101900002")
    assert at(office.read(tmp_path / "e")).empty
    office.family("F4", {"z": ("1990-01-02", 2)}, "2024-03-10", manager="9901014101900001")
    found = at(office.read(tmp_path / "f"))
    assert found[["jenis", "pengurus_sama"]].to_numpy().tolist() == [["pengurus_sama", True]]
    assert "9901014101900001" not in found.to_csv()


def test_heads_that_change_and_heads_that_are_two(tmp_path):
    office = Office()
    office.family("F1", FOUR, "2023-01-10")
    office.family("F1", {name: FOUR[name] for name in ("b", "a", "c", "d")}, "2024-01-10")
    assert at(office.read(tmp_path / "e"))["jenis"].tolist() == ["ganti_kepala"]
    office.tables["anggota"][-3]["hubungan"] = 1
    found = at(office.read(tmp_path / "f"))
    assert found["jenis"].tolist() == ["dua_kepala"]
    assert found["kpm_lain"].isna().all()


def test_links_that_nothing_supports_or_that_contradict_each_other(tmp_path):
    office = Office()
    for name, people in (("F1", FOUR), ("F2", OTHERS), ("F3", {"z": ("1990-01-02", 2)})):
        office.family(name, people, "2023-01-10")
    office.link("F1", "F2", "ganti_nomor", "2024-01-01")
    read = office.read(tmp_path / "e")
    assert at(read, "2024-01-30").empty
    assert at(read)["jenis"].tolist() == ["tautan_tanpa_bukti"]
    office.link("F2", "F1", "ganti_nomor", "2024-02-01")
    kinds = count(at(office.read(tmp_path / "f")))
    assert kinds["tautan_bertentangan"]["jumlah"] == 2
    joined = Office()
    for name, people in (("F1", FOUR), ("F2", OTHERS), ("F3", {**FOUR, **OTHERS})):
        joined.family(name, people, "2024-01-10" if name == "F3" else "2023-01-10")
    joined.link("F1", "F3", "gabung", "2024-01-10")
    joined.link("F2", "F3", "gabung", "2024-01-10")
    assert set(at(joined.read(tmp_path / "g"))["jenis"]) == {"ganti_nomor"}, (
        "two families that joined contradict nobody"
    )


def test_a_birth_date_that_everybody_has_says_nothing(tmp_path):
    office = Office()
    for n in range(30):
        office.family(f"F{n}", {f"a{n}": ("1990-01-01", 2), f"b{n}": ("2010-07-01", 1)}, "2023-01-10")
    assert at(office.read(tmp_path / "e")).empty


people = st.dictionaries(st.sampled_from("abcdef"), st.just(0), min_size=1, max_size=4)
BORN = {name: (f"19{80 + n // 2}-01-0{1 + n % 2}", 1 + n % 2) for n, name in enumerate("abcdef")}
visits = st.lists(st.tuples(st.sampled_from(["F1", "F2", "F3"]), people, st.integers(0, 900)), min_size=2, max_size=7)


@given(visits, st.lists(st.integers(0, 1000), min_size=3, max_size=3), st.booleans())
@settings(max_examples=3, deadline=None)
def test_what_is_suspected_on_a_day_is_what_the_records_cut_at_that_day_say(tmp_path_factory, said, days, linked):
    office = Office()
    start = dt.date(2022, 1, 1)
    for kpm, there, offset in said:
        office.family(kpm, {name: BORN[name] for name in there}, (start + dt.timedelta(days=offset)).isoformat())
    if linked:
        office.link("F1", "F2", "pecah_kk", (start + dt.timedelta(days=400)).isoformat())
    read = office.read(tmp_path_factory.mktemp("tautan"))
    for later in days:
        day = day_of(start) + later
        whole = find_suspects(read.records, read.vault, day)
        vault = read.vault[read.vault["tanggal_diketahui"].fillna(day + 1) <= day]
        pd.testing.assert_frame_equal(whole, find_suspects(timeline.cut(read.records, day), vault, day))
        mixed = {name: table.sample(frac=1, random_state=later) for name, table in read.records.tables.items()}
        pd.testing.assert_frame_equal(whole, find_suspects(replace(read.records, tables=mixed), read.vault, day))


def test_ingest_tells_counts_keeps_the_table_and_forgets_with_the_family(tmp_path):
    office = Office()
    office.family("F1", FOUR, "2023-01-10")
    office.family("F2", FOUR, "2024-01-10")
    folder, out, key = tmp_path / "e", tmp_path / "o", tmp_path / "kunci"
    before = office.read(folder).records.digest
    key.write_bytes(KEY)
    done = runner.invoke(app, ["ingest", str(folder), "--out", str(out), "--key-file", str(key), "--json"])
    assert done.exit_code == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["linkage"] == {"ganti_nomor": {"jumlah": 1, "tanpa_tautan": 1}}
    assert figures["notices"][-2:] == sentences(figures["linkage"])
    assert figures["digest"] == before, "nothing is merged"
    table = out / "store" / "karantina" / "tautan_dugaan.parquet"
    lines = pd.read_parquet(table)
    assert len(lines) == 1
    gone = runner.invoke(
        app, ["forget", lines["kpm_lain"].iloc[0], "--out", str(out), "--key-file", str(key), "--json"]
    )
    assert gone.exit_code == 0, gone.output
    assert pd.read_parquet(table).empty
    assert json.loads(gone.stdout.splitlines()[-1])["traces"] == []


def test_no_families_no_findings(tmp_path):
    office = Office()
    office.family("F1", {"a": FOUR["a"]}, "2023-01-10")
    read = office.read(tmp_path / "e")
    assert at(read).empty
    assert sentences(count(at(read))) == []
    empty = replace(read.records, tables={name: table.iloc[:0] for name, table in read.records.tables.items()})
    assert last_day(empty) == -1
    assert find_suspects(empty, read.vault.iloc[:0], 0).empty
