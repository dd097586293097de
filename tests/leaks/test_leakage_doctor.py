"""The leakage doctor: what it says of an honest table, of each kind of leak, and what it never says."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from seeded_leaks import ROLES, codes, small_table
from typer.testing import CliRunner

from pkh_graduation.cli.app import app
from pkh_graduation.evaluation.leakage import Roles, RolesError, inspect_table
from pkh_graduation.evaluation.leakage_names import UNIT
from pkh_graduation.features.catalogue import default_catalogue

runner = CliRunner()
NIK = 9_901_010_101_900_000


def test_an_honest_table_has_no_findings():
    for seed in range(5):
        assert codes(small_table(seed)) == set()


def test_no_feature_of_the_catalogue_is_named_like_a_leak():
    table = small_table()
    for name in default_catalogue().model_names:
        assert not UNIT.fullmatch(name)
    assert codes(table.rename(columns={"desil": "program_usul_sendiri_n", "usaha": "ketua_kelompok"})) == set()


def test_two_columns_together_may_tell_what_neither_tells():
    table, rng = small_table(families=600), np.random.default_rng(2)
    hints = {name: table["label"] | (rng.random(len(table)) < 0.22) for name in ("satu", "dua")}
    spread = table.assign(**{name: hint.astype(int) for name, hint in hints.items()})
    found = codes(spread)
    assert not any(code == "echo" for code, _ in found)
    assert any(code == "echo_together" for code, _ in found)
    assert not any(code == "echo_together" for code, _ in codes(spread.drop(columns="dua")))


def test_infinite_values_are_looked_at_as_the_largest():
    table = small_table()
    far = table.assign(desil=table["desil"].astype(float).where(table["desil"] < 8, np.inf))
    assert codes(far) == set()
    assert ("echo", "desil") in codes(table.assign(desil=np.where(table["label"] == 1, np.inf, -np.inf)))


def test_words_are_judged_by_families_not_seen():
    """A text that is unique to each family ranks nothing by rates of others; a text that follows the label is an echo."""
    table = small_table()
    assert ("echo", "kata") not in codes(table.assign(kata="a" + table["kpm_id"].str[-4:]))
    told = table.assign(kata=np.where(table["label"] == 1, "ya", "tidak"))
    assert ("echo", "kata") in codes(told) and ("pure_value", "kata") in codes(told)


def test_duplicates_twins_and_folds():
    table = small_table()
    assert ("duplicate", "kpm_id") in codes(pd.concat([table, table.head(3)]))
    rng = np.random.default_rng(0)
    fine = table.assign(**{f"angka_{k}": rng.normal(size=len(table)) for k in range(3)})
    twin = fine.head(5).assign(kpm_id="k_kembar")
    assert ("twins", "kpm_id") in codes(pd.concat([fine, twin])) and ("twins", "kpm_id") not in codes(fine)
    nobody = fine.assign(kpm_id=fine["kpm_id"].where(np.arange(len(fine)) > 9))
    assert not {("duplicate", "kpm_id"), ("twins", "kpm_id")} & codes(nobody)
    by_row = fine.assign(lipatan=np.arange(len(fine)) % 5)
    by_family = fine.assign(lipatan=pd.factorize(fine["kpm_id"])[0] % 5)
    assert ("entity_across_folds", "lipatan") in codes(by_row, fold="lipatan")
    assert ("entity_across_folds", "lipatan") not in codes(by_family, fold="lipatan")


def test_an_order_that_tells_the_label():
    table = small_table()
    assert ("row_order", "") in codes(table.sort_values("label", kind="stable"))
    assert ("row_order", "") not in codes(table.sort_values("as_of", kind="stable"))
    running = table.assign(urut=np.sort(np.random.default_rng(0).normal(size=len(table))))
    assert ("running_number", "urut") in codes(running)


def test_labels_that_fade_at_the_end():
    table = small_table(families=500, dates=8)
    late = table["as_of"] == table["as_of"].max()
    assert ("fading_label", "label") not in codes(table)
    assert ("fading_label", "label") in codes(
        table.assign(label=table["label"].where(~late | (table.index % 5 == 0), 0))
    )


def test_plans_may_lie_ahead_and_are_noted():
    table = small_table()
    ahead = pd.to_datetime(table["as_of"]) + pd.Timedelta(days=90)
    (finding,) = inspect_table(table.assign(tanggal_perkiraan_lahir=ahead), ROLES)
    assert (finding.code, finding.severity) == ("date_later", "note")
    days = (pd.to_datetime(table["as_of"]) - pd.Timestamp(0)).dt.days + 1
    assert ("known_later", "tahu") in codes(table.assign(tahu=days), known=("tahu",))
    assert ("known_missing", "tahu") in codes(
        table.assign(tahu=(days - 9).astype("Int64").mask(table.index == 3)), known=("tahu",)
    )


def test_what_is_forbidden_is_named_as_such():
    table = small_table().assign(kesiapan_pendamping=1.0, keputusan_rapat=2.0)
    found = {
        finding.column: finding.severity for finding in inspect_table(table, Roles(forbidden=("kesiapan_pendamping",)))
    }
    assert found["kesiapan_pendamping"] == "severe" and found["keputusan_rapat"] == "moderate"


def test_findings_come_most_serious_first_and_show_no_value():
    table = small_table()
    numbers = np.random.default_rng(0).permutation(300) + NIK
    secret = [f"SITI RAHASIA {k}" for k in range(300)]
    who = pd.factorize(table["kpm_id"])[0]
    spoilt = table.assign(
        nik=numbers[who], nama_pengurus=[secret[k] for k in who], desa_id=who % 3, hasil=table["label"]
    )
    findings = inspect_table(spoilt, ROLES)
    order = ["severe", "moderate", "note"]
    assert [order.index(one.severity) for one in findings] == sorted(order.index(one.severity) for one in findings)
    said = json.dumps([[one.sentence, dict(one.evidence)] for one in findings])
    assert "SITI" not in said and str(NIK)[:10] not in said and "k00000" not in said


def test_the_order_of_rows_changes_no_finding_but_that_of_order():
    table = small_table().assign(hasil=lambda rows: rows["label"])
    assert codes(table) == codes(table.sample(frac=1, random_state=9))


@pytest.mark.parametrize(
    ("change", "roles", "message"),
    [
        (lambda table: table, {"label": "tidak_ada"}, "no column"),
        (lambda table: table.assign(label=3), {}, "neither 0/1"),
        (lambda table: table.assign(as_of="kemarin"), {}, "is to hold dates"),
        (lambda table: table.assign(as_of=20240331), {}, "whole numbers that are no days"),
        (lambda table: pd.concat([table, table[["desil"]]], axis=1), {}, "same name"),
    ],
)
def test_wrong_roles_are_misuse(change, roles, message):
    with pytest.raises(RolesError, match=message):
        codes(change(small_table()), **roles)


# ---------------------------------------------------------------- the command
WORDS = ["--as-of-column", "as_of", "--entity", "kpm_id", "--label", "label"]


def doctor(path, *more):
    done = runner.invoke(app, ["doctor", str(path), *WORDS, "--json", *more])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1]) if done.exit_code < 2 else done.stderr


def test_clean_is_zero_findings_are_one_misuse_is_two(tmp_path):
    clean, spoilt, semicolon = tmp_path / "bersih.parquet", tmp_path / "bocor.csv", tmp_path / "titik_koma.csv"
    table = small_table()
    table.to_parquet(clean)
    leaky = table.assign(surat=table["label"], no_kk=NIK + np.arange(len(table)))
    leaky.to_csv(spoilt, index=False)
    leaky.to_csv(semicolon, index=False, sep=";")
    code, figures = doctor(clean)
    assert (code, figures["clean"], figures["findings"]) == (0, True, {})
    code, figures = doctor(spoilt)
    assert code == 1 and figures["severe"] >= 2 and not figures["clean"]
    assert {"echo", "personal", "decision"} <= {one["code"] for one in figures["findings"].values()}
    assert str(NIK)[:12] not in json.dumps(figures)
    assert doctor(semicolon)[1]["findings"] == figures["findings"]
    assert doctor(clean, "--known-column", "tidak_ada")[0] == 2
    assert doctor(tmp_path / "tidak_ada.csv")[0] == 2
    assert doctor(clean, "--cutoff", "kemarin", "--horizon", "4")[0] == 2


def test_cutoff_and_horizon_reach_the_doctor(tmp_path):
    path = tmp_path / "tabel.parquet"
    small_table().to_parquet(path)
    early = ("--horizon", "4", "--lag-days", "120", "--cutoff")
    assert doctor(path, *early, "2020-T3")[0] == 1
    assert doctor(path, *early, dt.date(2021, 6, 30).isoformat())[0] == 0


def test_an_unreadable_file_is_misuse_and_quotes_nothing(tmp_path):
    path = tmp_path / "rusak.parquet"
    path.write_bytes(b"SITI RAHASIA 9901010101900001")
    code, said = doctor(path)
    assert code == 2 and "SITI" not in said and "cannot be read" in said
    (tmp_path / "kosong.csv").write_text("kpm_id,as_of,label\n")
    assert doctor(tmp_path / "kosong.csv")[0] == 2
