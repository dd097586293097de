import dataclasses
import datetime as dt
import itertools
import subprocess
import sys

import pytest

from pkh_graduation.programme import rules
from pkh_graduation.programme.rules import Rule, RuleError, history_of, indeks, lansia_age, regime, rule
from pkh_graduation.programme.vocabulary import CAUSE_OF, KOMPONEN

NAMES = sorted(rules._book().rules)


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_says_what_it_means_since_when_and_on_whose_word(name):
    for version in history_of(name):
        assert version.nama == name
        assert all(text.strip() for text in (version.arti, version.satuan, version.sumber))
        assert version.berlaku_sampai is None or version.berlaku_sampai >= version.berlaku_sejak


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_holds_from_its_day_until_the_eve_of_the_next(name):
    versions = history_of(name)
    for version, following in itertools.pairwise(versions):
        assert rule(name, on=following.berlaku_sejak) == following
        if version.berlaku_sampai is None:
            assert rule(name, on=following.berlaku_sejak - dt.timedelta(days=1)) == version
    with pytest.raises(RuleError, match="no established value"):
        rule(name, on=versions[0].berlaku_sejak - dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("komponen", "in_2019", "in_2025"),
    [
        ("hamil", 2_400_000, 3_000_000),
        ("aud", 2_400_000, 3_000_000),
        ("sd", 900_000, 900_000),
        ("smp", 1_500_000, 1_500_000),
        ("sma", 2_000_000, 2_000_000),
        ("lansia", 2_400_000, 2_400_000),
        ("disabilitas", 2_400_000, 2_400_000),
    ],
)
def test_the_index_is_that_of_the_year(komponen, in_2019, in_2025):
    assert indeks(komponen, "2019-12-31") == in_2019
    assert indeks(komponen, "2025-12-31") == in_2025
    assert rule(f"indeks_{komponen}", on="2019-T1").satuan == "rupiah/tahun"


def test_the_index_nobody_published_is_not_invented():
    with pytest.raises(RuleError, match=r"2018-12-31: it holds 2019-01-01\.\."):
        indeks("sd", "2018-12-31")
    with pytest.raises(RuleError, match="indeks_ham"):
        indeks("ham", "2024-12-31")
    assert rule("indeks_hamil", on="2020-06-30").asumsi


def test_every_component_has_an_index():
    assert {name.removeprefix("indeks_") for name in NAMES if name.startswith("indeks_")} == set(KOMPONEN)


def test_a_tahap_pays_a_quarter_in_whole_rupiah():
    assert all(indeks(komponen, "2025-T1") % 4 == 0 for komponen in KOMPONEN)


def test_the_age_of_lansia_follows_practice():
    assert lansia_age(dt.date(2019, 12, 31)) == 60
    assert lansia_age("2020-T1") == 70
    assert rule("lansia_usia_peraturan", on="2025-T1").nilai == 60


def test_a_one_off_payment_ends():
    assert rule("bantuan_tetap", on="2019-03-31").nilai == 550_000
    with pytest.raises(RuleError, match=r"2019-01-01\.\.2019-03-31"):
        rule("bantuan_tetap", on="2019-04-01")


@pytest.mark.parametrize(
    ("on", "name", "how", "quota"),
    [
        ("2018-12-31", "belum_ditetapkan", "tanpa", None),
        ("2019-T1", "2019", "nasional", 800_000),
        ("2020-T4", "2020", "bagian_kasus", 0.10),
        ("2021-T1", "belum_ditetapkan", "tanpa", None),
        ("2023-T1", "pena_2023_24", "nasional", 16_000),
        ("2025-T3", "min10_2025", "per_pendamping", 10),
        ("2026-T1", "instruksi_10pct", "bagian_kasus", 0.10),
    ],
)
def test_the_regime_of_a_day(on, name, how, quota):
    held = regime(on)
    assert (held.nama, held.kuota_cara, held.kuota) == (name, how, quota)
    assert set(held.dihitung) <= set(CAUSE_OF)


def test_every_regime_is_possible_and_used():
    used = {version.nilai for version in history_of("regime")}
    described = rules._book().regimes
    assert used == set(described)
    for held in described.values():
        assert held.kuota_cara in ("nasional", "bagian_kasus", "per_pendamping", "tanpa")
        assert (held.kuota is None) == (held.kuota_cara == "tanpa")
        if held.mandiri_per_tahun is not None:
            low, high = held.mandiri_per_tahun
            assert 0 <= low <= high <= 0.10


def test_unknown_names_are_answered_with_the_known():
    with pytest.raises(RuleError, match=r"there are .*clearing_alamiah.*rasio_kerugian"):
        rule("lansia_umur", on="2025-T1")
    with pytest.raises(RuleError, match="hamil, aud, sd"):
        indeks("balita", "2025-T1")
    with pytest.raises(ValueError, match="2025-T3"):
        rule("regime", on="kemarin")


def test_what_is_read_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule("rasio_kerugian", on="2025-T1").nilai = 1
    with pytest.raises(TypeError):
        rules._book().rules["baru"] = ()


def entry(**version):
    return {"arti": "a", "satuan": "s", "versi": [{"nilai": 1, "berlaku_sejak": dt.date(2020, 1, 1), **version}]}


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("x", entry(), "either `sumber` or `asumsi`"),
        ("x", entry(sumber="a", asumsi="b"), "either `sumber` or `asumsi`"),
        ("x", {**entry(sumber="a"), "versi": entry(sumber="a")["versi"] * 2}, "must start on different days"),
        ("regime", entry(sumber="a"), r"names \['1'\]"),
    ],
)
def test_a_careless_edit_of_the_facts_is_refused(name, raw, message):
    regimes = {"lama": {"arti": "a", "kuota_cara": "tanpa", "dihitung": []}}
    with pytest.raises(RuleError, match=message):
        rules._read({"aturan": {"regime": entry(sumber="a", nilai="lama"), name: raw}, "regime": regimes})


def test_an_edited_fact_is_read_as_written():
    raw = {"aturan": {"regime": entry(sumber="a", nilai="baru"), "x": entry(asumsi="karena", nilai=7)},
           "regime": {"baru": {"arti": "a", "kuota_cara": "tanpa", "dihitung": []}}}  # fmt: skip
    assert rules._read(raw).rules["x"] == (Rule("x", "a", 7, "s", dt.date(2020, 1, 1), None, "karena", True),)


def test_asking_a_rule_opens_no_heavy_library():
    code = "import sys; from pkh_graduation.programme.rules import regime; regime('2025-T3'); print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
