"""The catalogue: what every feature must carry, what other rooms rely on, and what no model may read."""

from __future__ import annotations

import re

import pytest

from pkh_graduation.features import FeatureError, Hatched, default_catalogue, dictionary
from pkh_graduation.features.catalogue import Catalogue
from pkh_graduation.features.catalogue.sources import KUNJUNGAN, MASUK
from pkh_graduation.features.feature import FORBIDDEN, FORBIDDEN_PROBLEMS, Feature, leaves, over_windows
from pkh_graduation.programme.vocabulary import KOMPONEN, THEMES

CATALOGUE = default_catalogue()
DICTIONARY = dictionary()

RELIED_ON = (
    "kepesertaan_tahun desil usaha_aktif_n usaha_lama_tahun usaha_omzet_kelas komp_aktif_n komp_habis_hari komp_abadi "
    "penghasilan_umur_hari utang_rentenir tunggakan_n guncangan_n_12 "
    + " ".join(f"komp_{kind}_n" for kind in KOMPONEN if kind != "ham")
    + " ".join(
        f" madiun_{name}"
        for name in (
            "rumah",
            "penghasilan",
            "hutang",
            "pangan",
            "pakaian",
            "lantai",
            "dinding",
            "bab",
            "penerangan",
            "aset",
        )
    )
).split()
FACTS_ONLY = (
    "pagar_hanya_lansia_disabilitas", "pagar_lansia_tunggal", "pagar_disabilitas_berat", "pagar_hamil", "pagar_anak_bawah_dua",
    "pagar_kematian_bencana_6", "pagar_keberatan", "komp_habis_day", "data_umur_hari",
)  # fmt: skip


def test_there_are_enough_features_over_all_tables():
    model = DICTIONARY[DICTIONARY["model"]]
    assert len(model) >= 90
    assert set(model["theme"]) == set(THEMES)
    tables = {table for source in DICTIONARY["source"] for table in source.split("+")}
    assert tables >= {
        "keluarga", "peringkat", "anggota", "usaha", "penyaluran", "verifikasi_komitmen", "p2k2_sesi", "p2k2_kehadiran",
        "peristiwa_status", "program_komplementer", "masalah", "kunjungan",
    }  # fmt: skip


@pytest.mark.parametrize("name", RELIED_ON)
def test_names_that_models_rely_on(name):
    assert DICTIONARY.loc[name, "model"]


@pytest.mark.parametrize("name", FACTS_ONLY)
def test_names_that_people_rely_on(name):
    assert not DICTIONARY.loc[name, "model"]


def test_every_feature_says_what_it_is():
    texts = DICTIONARY[["theme", "unit", "meaning_id", "meaning_en", "source"]]
    assert texts.notna().all(axis=None) and (texts.map(len) > 0).all(axis=None)
    assert DICTIONARY["theme"].isin(THEMES).all() and DICTIONARY["sign"].isin([-1, 0, 1]).all()
    assert not DICTIONARY.index.duplicated().any()
    assert not DICTIONARY["meaning_id"].str.contains(r"[{}]").any()
    assert (DICTIONARY["meaning_id"] != DICTIONARY["meaning_en"]).all()


def test_windows_stand_in_names_and_in_the_dictionary():
    for name, window in DICTIONARY["window"].items():
        found = re.search(r"_(3|6|12|24)(_n)?$", name)
        if (
            found
            and name not in ("hutang_n_12", "pakaian_n_12")
            and window is not None
            and not re.search("perubahan|tutup|baru|pagar", name)
        ):
            assert int(found[1]) == window, name


def test_levers_can_be_changed_and_traits_cannot():
    levers = DICTIONARY.index[DICTIONARY["lever"]]
    assert {"usaha_aktif_n", "kur_berjalan_n", "koperasi_berjalan_n", "program_pelatihan_n", "pinjaman_ganda"} <= set(
        levers
    )
    assert not DICTIONARY.loc[
        ["kepala_umur", "lansia_n", "komp_disabilitas_n", "kepala_perempuan", "desil"], "lever"
    ].any()


def test_no_model_feature_reads_what_echoes_the_decision():
    for feature in CATALOGUE.features:
        if feature.model:
            for leaf in leaves(feature.measure):
                assert not leaf.reads & set(FORBIDDEN.get(leaf.source.table, ())), feature.name
                assert leaf.source.table != "kunjungan", feature.name


def test_status_events_are_read_for_entries_only_and_problems_without_the_deciders_findings():
    for feature in CATALOGUE.features:
        for leaf in leaves(feature.measure):
            told = "" if leaf.source.condition is None else leaf.source.condition.sql
            if leaf.source.table == "peristiwa_status":
                assert MASUK.condition.sql in told and leaf.reads == {"jenis"}
            if leaf.source.table == "masalah":
                assert all(f"'{kind}'" in told for kind in FORBIDDEN_PROBLEMS) and "NOT" in told


def test_places_and_people_are_never_numbers():
    barred = {
        "kode_wilayah",
        "desa",
        "kecamatan",
        "kabupaten",
        "kelompok_id",
        "pendamping_id",
        "npsn",
        "bank",
        "gelombang",
    }
    for feature in CATALOGUE.compiled:
        for leaf in leaves(feature.measure):
            assert not leaf.reads & barred, feature.name


def test_a_feature_that_reads_a_decision_is_refused():
    objection = KUNJUNGAN.where(KUNJUNGAN["keputusan_keluarga"] == "setuju").count()
    with pytest.raises(FeatureError, match="holds or echoes the decision"):
        Feature("bocor", objection, "kali", "arti", "meaning", "p2k2")
    assert Feature("fakta", objection, "kali", "arti", "meaning", "p2k2", model=False).name == "fakta"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Desil"}, "is no name"),
        ({"theme": "cuaca"}, "theme 'cuaca' is none of"),
        ({"sign": 2}, "sign is -1, 0 or"),
        ({"unit": ""}, "needs a unit"),
        ({"en": ""}, "both languages"),
        ({"measure": KUNJUNGAN.last("hasil")}, "is text"),
    ],
)
def test_an_ill_made_feature_is_refused(change, message):
    made = {"name": "n", "measure": MASUK.count(), "unit": "kali", "id": "arti", "en": "meaning", "theme": "p2k2"}
    with pytest.raises(FeatureError, match=message):
        Feature(**(made | change))


def test_doubled_names_are_refused():
    feature = Feature("kembar", MASUK.count(), "kali", "arti", "meaning", "kepesertaan")
    with pytest.raises(FeatureError, match="two features are called 'kembar'"):
        Catalogue.of([feature, feature])


def test_only_aggregates_are_taken_over_windows():
    with pytest.raises(FeatureError, match="only an aggregate"):
        over_windows((3,), Feature("k", Hatched("keluarga"), "kali", "arti", "meaning", "p2k2"))
