"""`watch` by hand-made parts: features are compared part by part, the list is audited with small cells shut, files say both."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from pkh_graduation import stores
from pkh_graduation.contracts import Snapshots
from pkh_graduation.monitoring import drift
from pkh_graduation.monitoring.advice import advise
from pkh_graduation.monitoring.label_shift import label_shift
from pkh_graduation.workflows import watch_files, watching
from pkh_graduation.workflows.places import Places

BEFORE = [dt.date(2025, 6, 30), dt.date(2025, 9, 30), dt.date(2025, 12, 31)]
NOW = dt.date(2026, 3, 31)
BUCKETS = ("00", "01")
N = 300


def write_date(places, day, *, moved=0.0):
    """Two buckets of families, with the facts the audit reads."""
    for number, bucket in enumerate(BUCKETS):
        rng = np.random.default_rng([day.toordinal(), number])
        ids = [f"k{number}{family:014x}" for family in range(N)]
        stamp = pd.Timestamp(day).as_unit("s")
        index = pd.MultiIndex.from_product([ids, [stamp]], names=["kpm_id", "as_of"])
        rows = pd.DataFrame(
            {
                "desil": rng.integers(1, 5, N).astype("float32"), "omzet": (rng.normal(size=N) + moved).astype("float32"),
                "kepala_perempuan": (rng.random(N) < 0.3).astype("float32"),
            },
            index=index,
        )  # fmt: skip
        cohort = pd.DataFrame({name: pd.Series([None] * N, index=index, dtype="str") for name in Snapshots.COLUMNS})
        cohort = cohort.assign(kpm=np.arange(N), pendamping_id=[f"d{family % 5}" for family in range(N)])
        stores.Parts(places.features(day)).write(bucket, rows, "x")
        stores.Parts(places.features(day) / "kohor").write(bucket, cohort, "x")
    stores.write_json(places.features(day) / "manifest.json", {"parts": dict.fromkeys(BUCKETS)})
    columns = ["theme", "unit", "meaning_id", "meaning_en", "lever", "sign", "source", "window", "model"]
    stores.write_frame(places.out / "features" / "dictionary.parquet", pd.DataFrame({name: ["x"] for name in columns}))


@pytest.fixture
def places(tmp_path):
    found = Places(tmp_path)
    for day in BEFORE:
        write_date(found, day)
    return found


def write_list(places, day):
    for bucket in BUCKETS:
        cohort = stores.Parts(places.features(day) / "kohor").read(bucket).reset_index()
        listed = np.arange(N) % 10 == 0
        frame = pd.DataFrame(
            {
                "kpm_id": cohort["kpm_id"], "tanggal_acuan": cohort["as_of"], "urutan": np.where(listed, 1.0, np.nan),
                "kategori": np.where(listed, "siap_dibahas", "belum_data_kurang"), "slot": np.where(listed, "model", None),
                "dikecualikan_karena": "", "peringatan": "", "p_mandiri_12m": 0.1,
            }
        )  # fmt: skip
        stores.write_frame(places.lists / "daftar" / f"bucket={bucket}.parquet", frame)


def test_features_are_compared_over_all_parts(places):
    write_date(places, NOW, moved=1.0)
    table = watching.compare_features(places, BEFORE, NOW, ["desil", "omzet"]).set_index("feature")
    assert table.loc["omzet", "verdict"] == drift.SHIFT
    assert table.loc["desil", "verdict"] == drift.CALM
    write_date(places, NOW)
    calm = watching.compare_features(places, BEFORE, NOW, ["desil", "omzet"])
    assert (calm["verdict"] == drift.CALM).all()


def test_the_dates_since_are_those_whose_quarter_is_over():
    assert watching._dates_between(BEFORE[-1], NOW) == [BEFORE[-1]]
    assert watching._dates_between(BEFORE[-1], BEFORE[-1]) == []
    assert watching._dates_between(BEFORE[0], NOW) == BEFORE


def test_a_list_of_another_date_is_not_audited_and_the_own_one_is(places):
    assert watching.audit_of(places, BEFORE[-1]) is None
    write_list(places, BEFORE[-1])
    assert watching.audit_of(places, BEFORE[0]) is None
    audit = watching.audit_of(places, BEFORE[-1])
    listed = audit.table[(audit.table["metric"] == "listed") & (audit.table["axis"] == "kepala")]
    assert listed["denominator"].sum() == 2 * N
    assert listed["numerator"].sum() == 2 * N // 10


def test_lists_of_two_dates_side_by_side_are_not_audited_as_one(places):
    write_list(places, BEFORE[-1])
    path = places.lists / "daftar" / "bucket=01.parquet"
    stores.write_frame(path, pd.read_parquet(path).assign(tanggal_acuan=pd.Timestamp(BEFORE[0])))
    assert watching.audit_of(places, BEFORE[-1]) is None


def test_the_files_hold_the_answer_twice_and_no_family(places, tmp_path):
    write_list(places, BEFORE[-1])
    audit = watching.audit_of(places, BEFORE[-1])
    features = watching.compare_features(places, BEFORE[:-1], BEFORE[-1], ["desil", "omzet"])
    labels = label_shift(pd.DataFrame({"period": [], "pendamping_id": [], "chance": [], "label": []}))
    answer = advise(features, features.iloc[:1], labels, months=3)
    watch_files.write(tmp_path / "w", answer, features, features.iloc[:1], labels, audit, "b", BEFORE[-1], NOW)
    told = json.loads((tmp_path / "w" / "watch.json").read_text())
    assert told["answer"]["code"] == answer.code == "tunggu_label"
    assert [one["feature"] for one in told["features"]] == features["feature"].tolist()
    for language, said in (("id", answer.indonesian), ("en", answer.english)):
        text = (tmp_path / "w" / f"watch.{language}.txt").read_text()
        assert all(sentence in text for sentence in said)
    shown = pd.read_parquet(tmp_path / "w" / "fairness.parquet")
    assert not ((shown["numerator"] > 0) & (shown["numerator"] < 5)).any()
    whole = "".join(path.read_text() for path in (tmp_path / "w").glob("watch.*"))
    assert "k00000" not in whole
    assert "d1" not in whole
