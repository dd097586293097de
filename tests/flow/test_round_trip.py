"""From the list to the village and back: what a pendamping writes becomes records, from the day they came in, once.

The office of this test has no history of exits, so that the lists are those without a model.
"""

import datetime as dt
import io
import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from odk_phone import Form, export
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pkh_graduation import stores, timeline
from pkh_graduation.cli.app import app
from pkh_graduation.contracts import Snapshots
from pkh_graduation.monitoring import HISTORY
from pkh_graduation.programme.calendar import day_of, parse_as_of
from pkh_graduation.programme.returns import LAYOUT, Answer, encode, list_id
from pkh_graduation.programme.vocabulary import CAUSE_OF
from pkh_graduation.workflows import demonstrating, featuring, returning
from pkh_graduation.workflows.places import Places

AS_OF, RECEIVED, NEXT = "2026-06-30", dt.date(2026, 7, 20), dt.date(2026, 9, 30)
VISITED = dt.date(2026, 7, 8)
SERIAL_ZERO = dt.date(1899, 12, 30)
runner = CliRunner()


def command(*words: str, code: int = 0) -> dict[str, Any]:
    done = runner.invoke(app, [*words, "--json"])
    assert done.exit_code == code, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@dataclass
class Round:
    """One round, and what was known before and after it."""

    places: Places
    lists: dict[str, Any]
    machine: pd.DataFrame
    before: dict[str, pd.DataFrame]
    first: dict[str, Any]
    again: dict[str, Any]
    read: dict[str, Any]
    families: dict[str, str]


def filled(book: Path, answers: dict[str, dict[str, str]], names: dict[str, str] | None = None) -> bytes:
    """The workbook with some cells filled in, as a spreadsheet program would: by row id, then answer by header."""
    cells = CalamineWorkbook.from_path(str(book)).get_sheet_by_name(LAYOUT.sheet).to_python(skip_empty_area=False)
    head = next(n for n, line in enumerate(cells) if LAYOUT.row_column in line)
    rows = {line[cells[head].index(LAYOUT.row_column)]: n + 1 for n, line in enumerate(cells)}
    with zipfile.ZipFile(book) as packed:
        content = {name: packed.read(name) for name in packed.namelist()}
    sheet = content["xl/worksheets/sheet1.xml"].decode()
    for row, said in [*answers.items(), *((row, {"Nama pengurus": name}) for row, name in (names or {}).items())]:
        for title, value in said.items():
            place = f"{chr(ord('A') + cells[head].index(title))}{rows[row]}"
            written = f"<v>{value}</v>" if value.isdigit() else f"<is><t>{value}</t></is>"
            kind = "" if value.isdigit() else ' t="inlineStr"'
            sheet, times = re.subn(
                rf'<c r="{place}"( s="\d+")?[^>]*?(/>|>.*?</c>)',
                rf'<c r="{place}"\1{kind}>{written}</c>',
                sheet,
                count=1,
            )
            assert times == 1, place
    content["xl/worksheets/sheet1.xml"] = sheet.encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, part in content.items():
            packed.writestr(name, part)
    return buffer.getvalue()


def serial(day: dt.date) -> str:
    return str((day - SERIAL_ZERO).days)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Round:
    out = tmp_path_factory.mktemp("pulang")
    places, key = Places(out), out / "kunci"
    demonstrating.make_population(out, preset="mini", seed=7)
    key.write_bytes(stores.demo_key(7))
    events = pd.read_csv(places.records / "peristiwa_status.csv", dtype=str)
    events[~events["jenis"].isin(list(CAUSE_OF))].to_csv(places.records / "peristiwa_status.csv", index=False)
    ingest = ("ingest", str(places.records), "--out", str(out), "--key-file", str(key))
    command(*ingest)
    settings = out / "pkh.toml"
    settings.write_text("[lists]\nodk = true\n", encoding="utf-8")
    lists = command("lists", "--as-of", AS_OF, "--out", str(out), "--without-model", "--settings", str(settings))
    machine = pd.read_parquet(places.lists / "daftar" / "bucket=00.parquet")
    before = dict(stores.read_store(places.store).tables)
    files, families = returned(places, machine, out / "kiriman")
    call = ("feedback", *map(str, files), "--out", str(out), "--received", RECEIVED.isoformat())
    first, again = command(*call, code=3), command(*call, code=3)
    return Round(places, lists, machine, before, first, again, command(*ingest), families)


def returned(places: Places, machine: pd.DataFrame, folder: Path) -> tuple[list[Path], dict[str, str]]:
    """Returns in every format with everything that goes wrong; and which family is which case."""
    folder.mkdir()
    on = machine[machine["urutan"].notna()].sort_values(["pendamping_id", "urutan"])
    a, b, c = [own for _, own in on.groupby("pendamping_id")][:3]
    families = {
        name: own["kpm_id"].iloc[place]
        for name, own, place in [
            ("diusulkan", a, 0), ("keberatan", a, 1), ("terkunci", a, 2), ("aneh", a, 3), ("lewat_hp", b, 0), ("dikoreksi", b, 1),
            ("odk", c, 0), ("kosong", a, 4),
        ]
    }  # fmt: skip
    row = dict(zip(machine["kpm_id"], machine["row_id"], strict=True))
    book = places.lists / "pendamping" / f"{a['pendamping_id'].iloc[0]}.xlsx"
    met = {"Hasil kunjungan": "Ditemui", "Tanggal kunjungan": serial(VISITED)}
    content = filled(
        book,
        {
            row[families["diusulkan"]]: {
                **met,
                "Keputusan keluarga": "Setuju dibahas",
                "Keputusan daftar": "Diusulkan",
            },
            row[families["keberatan"]]: {"Keputusan keluarga": "Keberatan atas pemrofilan"},
            row[families["terkunci"]]: met,
            row[families["aneh"]]: {**met, "Hasil kunjungan": "entahlah"},
        },
        names={row[families["terkunci"]]: "Nama lain"},
    )
    (folder / "a.xlsx").write_bytes(content)
    (folder / "a lagi.xlsx").write_bytes(content)
    met = {"hasil": "ditemui", "tanggal_kunjungan": VISITED.isoformat()}
    hp = Answer(row[families["lewat_hp"]], **met, keputusan="ditolak", catatan="anak sakit")
    cut_short = encode(b["list_id"].iloc[0], [hp]).rpartition("=")[0]
    texts = [
        encode(b["list_id"].iloc[0], [hp, Answer(row[families["dikoreksi"]], **met)]),
        encode(b["list_id"].iloc[0], [Answer(row[families["dikoreksi"]], "pindah", "", "", VISITED.isoformat())]),
        encode(list_id("kantor lain", "d"), [Answer("0000000000", "belum")]),
        cut_short,
    ]
    (folder / "chat.txt").write_text("\n[8/7] Bu Rina: *".join(["selamat pagi", *texts]), encoding="utf-8")
    form = Form((places.lists / "pendamping" / f"{c['pendamping_id'].iloc[0]}.odk.xlsx").read_bytes())
    away = {"row_id": row[families["odk"]], "hasil": "tidak_ditemui", "tanggal_kunjungan": VISITED.isoformat()}
    lines = [form.submit("2026-07-08T03:00:00.000Z", **away)]
    lines.append({**lines[0], "row_id": "XXXXXXXXXX", "KEY": "uuid:2"})
    (folder / "odk.csv").write_bytes(export(lines))
    return sorted(folder.iterdir()), families


def test_lists_without_exits_name_what_they_are(done):
    assert done.lists["rule"] == "skor_madiun"
    assert sum(done.lists["exits"].values()) == 0
    assert done.lists["listed"] > 100
    on = done.machine[done.machine["urutan"].notna()]
    assert done.machine["p_mandiri_12m"].isna().all()
    assert on["peringatan"].str.startswith("tanpa model").all()
    assert (on["dikecualikan_karena"] == "").all()
    guide = Path(done.lists["guide"]).read_text(encoding="utf-8")
    assert all(heading in guide for heading in ("Yang ada", "Yang mungkin sekarang", "Yang dicatat mulai sekarang"))
    page = next((done.places.lists / "pendamping").glob("*.html")).read_text(encoding="utf-8")
    assert "tanpa model" in page


def test_lists_without_a_model_follow_the_settings(done, tmp_path):
    out = tmp_path / "kantor"
    shutil.copytree(done.places.out, out, ignore=shutil.ignore_patterns("lists"))
    settings = tmp_path / "pkh.toml"
    settings.write_text("[lists]\nmonthly = 3\nholdout = 0.1\n", encoding="utf-8")
    call = ("--as-of", AS_OF, "--out", str(out), "--without-model", "--no-names", "--settings", str(settings))
    command("lists", *call)
    lists = pd.read_parquet(Places(out).lists / "daftar" / "bucket=00.parquet")
    on = lists[lists["urutan"].notna()]
    assert on.groupby(["pendamping_id", "rencana"]).size().max() == 3
    families = done.machine[["kpm_id", "pendamping_id"]]
    stood = returning.standing(done.places, families, as_of=parse_as_of(AS_OF), seed=0, bonus=0.0, holdout=0.1)
    held = stood.index[stood["holdout"].astype(bool)]
    assert 0.07 < len(held) / len(families) < 0.13
    assert not on["kpm_id"].isin(held).any()


def test_locked_lists_leave_no_open_ones_beside_them(done, tmp_path, monkeypatch):
    out = tmp_path / "kantor"
    shutil.copytree(done.places.out, out)
    pendamping = Places(out).lists / "pendamping"
    assert list(pendamping.glob("*.odk.xlsx"))
    monkeypatch.setenv("PKH_SANDI", "sandi panjang 2026")
    settings = tmp_path / "pkh.toml"
    settings.write_text('[lists]\npassword_env = "PKH_SANDI"\n', encoding="utf-8")
    call = ("--as-of", AS_OF, "--out", str(out), "--without-model", "--settings", str(settings))
    assert command("lists", *call)["removed"] > 0
    assert not list(pendamping.glob("*.odk.xlsx"))
    assert all(path.read_bytes().startswith(bytes.fromhex("d0cf11e0")) for path in pendamping.glob("*.xlsx"))
    assert all("AES-GCM" in path.read_text(encoding="utf-8") for path in pendamping.glob("*.html"))


def test_the_coordinator_sees_the_quarantine_without_a_model_too(done):
    assert "Karantina data" in (done.places.lists / "index.html").read_text(encoding="utf-8")


def test_every_list_with_anybody_on_it_has_its_form(done):
    on = set(done.machine.loc[done.machine["urutan"].notna(), "pendamping_id"])
    forms = {path.name.removesuffix(".odk.xlsx") for path in (done.places.lists / "pendamping").glob("*.odk.xlsx")}
    assert forms == on
    assert done.lists["lists"] == len(set(done.machine["pendamping_id"].dropna()))


def test_every_returned_row_is_accounted_for(done):
    for figures in (done.first, done.again):
        parts = (figures[f"rows_{fate}"] for fate in ("accepted", "quarantined", "unchanged"))
        assert figures["rows_in"] == sum(parts)
    assert done.first["rows_accepted"] == 6
    assert done.first["rules"] == {
        "baris_tak_dikenal": 1, "daftar_tak_dikenal": 1, "kode_tak_dikenal": 2, "sel_terkunci_diubah": 2, "teks_terpotong": 1,
    }  # fmt: skip
    assert (done.again["rows_accepted"], done.again["rows_in"]) == (0, done.first["rows_in"])
    history = returning.read_history(done.places)
    assert list(history.columns) == list(HISTORY)
    assert len(history) == 6


def test_answers_are_records_of_the_right_families_known_from_the_day_received(done):
    tables = stores.read_store(done.places.store).tables
    visits, old = tables["kunjungan"], done.before["kunjungan"]
    assert len(visits) == len(old) + done.first["kunjungan"]
    assert done.read["tables"]["kunjungan"]["rows_in"] - len(old) >= done.first["kunjungan"]
    came = visits[visits["known_day"] == day_of(RECEIVED)]
    assert set(came["kpm_id"]) >= {
        done.families[name] for name in ("diusulkan", "keberatan", "lewat_hp", "dikoreksi", "odk")
    }
    day_before = day_of(RECEIVED) - 1
    for name in ("kunjungan", "peristiwa_status"):
        then, now = (timeline.visible(own[name], day_before) for own in (done.before, tables))
        columns = ["kpm_id", "day", "known_day"]
        order = [own[columns].sort_values(columns, ignore_index=True) for own in (then, now)]
        pd.testing.assert_frame_equal(*order)
    # The families are those that were there before: nobody was made up.
    assert set(visits["kpm_id"]) <= set(tables["keluarga"]["kpm_id"])
    assert set(visits["pendamping_id"].dropna()) == set(old["pendamping_id"].dropna())


def test_features_of_the_next_date_see_each_answer_once(done):
    records = stores.read_store(done.places.store)
    now = timeline.take_snapshots(records, at=NEXT)
    own = now.frame[now.frame.index.get_level_values("kpm_id").isin(list(done.families.values()))]
    _, facts = featuring.build_features(records, Snapshots(own))
    values = facts.values.droplevel("as_of")
    says = {name: values.loc[kpm] for name, kpm in done.families.items()}
    since = (NEXT - VISITED).days
    assert {name: says[name]["kunjungan_hasil"] for name in ("diusulkan", "lewat_hp", "dikoreksi", "odk")} == {
        "diusulkan": "ditemui", "lewat_hp": "ditemui", "dikoreksi": "pindah", "odk": "tidak_ditemui",
    }  # fmt: skip
    assert all(says[name]["kunjungan_hari"] == since for name in ("diusulkan", "lewat_hp", "dikoreksi", "odk"))
    assert {name: bool(says[name]["pagar_keberatan"]) for name in done.families} == {
        name: name == "keberatan" for name in done.families
    }
    stage = own["proses"].droplevel("as_of")
    assert stage[done.families["diusulkan"]] == "usulan"
    assert not stage.drop(done.families["diusulkan"]).eq("usulan").any()


def test_reasons_for_not_following_the_list_are_kept(done):
    kept = pd.read_parquet(done.places.feedback / "keputusan_daftar.parquet").set_index("kpm_id")
    assert kept.loc[done.families["lewat_hp"], ["keputusan", "alasan_menolak_saran"]].tolist() == [
        "ditolak",
        "anak sakit",
    ]
    assert kept.loc[done.families["diusulkan"], "alasan_menolak_saran"] == ""


def test_no_name_travels(done):
    names = stores.read_vault(done.places.vault)["nama_pengurus"].dropna().unique()[:40]
    for folder in (done.places.issued, done.places.feedback):
        for path in folder.rglob("*.parquet"):
            content = pd.read_parquet(path).to_csv()
            assert not any(name in content for name in names), path


def test_why_a_family_is_on_the_list(done):
    on = done.machine[done.machine["urutan"] == 1].iloc[0]
    for asked in (on["kpm_id"], on["row_id"]):
        told = command("lists", "--as-of", AS_OF, "--out", str(done.places.out), "--explain", asked)
        assert (told["kpm_id"], told["urutan"]) == (on["kpm_id"], 1)
        assert "urutan 1 dari" in told["penjelasan"]
    unknown = runner.invoke(
        app, ["lists", "--as-of", AS_OF, "--out", str(done.places.out), "--explain", "9901010101010001"]
    )
    assert unknown.exit_code == 1
    assert "9901010101010001" not in unknown.stderr
    assert "kpm_id" in unknown.stderr
    other = runner.invoke(
        app, ["lists", "--as-of", "2026-03-31", "--out", str(done.places.out), "--explain", on["kpm_id"]]
    )
    assert "2026-06-30" in other.stderr


def test_misuse_of_feedback_is_told(done):
    here = ("--out", str(done.places.out), "--received")
    lost = runner.invoke(app, ["feedback", "tidak_ada.xlsx", *here, "2026-07-20"])
    assert (lost.exit_code, "tidak_ada.xlsx" in lost.stderr) == (2, True)
    odd = runner.invoke(app, ["feedback", str(done.places.out / "kunci"), *here, "20 Juli"])
    assert (odd.exit_code, "ISO" in odd.stderr) == (2, True)


def test_the_next_list_knows_what_came_of_this_one(done):
    runs = returning.issued_runs(done.places)
    assert list(runs) == [done.lists["run_id"]]
    families = done.machine[["kpm_id", "pendamping_id"]].dropna()
    given = returning.standing(done.places, families, as_of=NEXT, seed=0, bonus=0.1)
    listed = set(done.machine.loc[done.machine["urutan"].notna(), "kpm_id"])
    assert set(given.index[given["bonus"] > 0]) == listed
    assert given.index[given["do_not_contact"]].tolist() == [done.families["keberatan"]]
    carried = given["carry_over"]
    assert carried[done.families["odk"]]
    assert carried[done.families["kosong"]]
    assert not carried[[done.families[name] for name in ("diusulkan", "keberatan", "lewat_hp", "dikoreksi")]].any()
    assert set(given.index[carried]) <= listed


def test_a_file_that_is_no_list_is_set_aside_when_it_comes_alone(done, tmp_path):
    junk = tmp_path / "j.xlsx"
    junk.write_bytes(b"no workbook")
    told = command("feedback", str(junk), "--out", str(done.places.out), "--received", RECEIVED.isoformat(), code=3)
    assert told["rules"] == {"berkas_tak_terbaca": 1} and told["rows_accepted"] == 0
