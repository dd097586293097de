"""The made-up kabupaten keeps its promises: same seed same bytes, planted truth recoverable."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.records.population import (
    PRESETS,
    Part,
    Preset,
    generate_part,
    marginals,
    reference,
    truth_auc,
    write_population,
)
from pkh_graduation.records.population.families import component_counts, draw_families, exhaustion_day, lansia_age

NINE_YEARS = Preset("uji", 5_500, bucket=5_500)
SMALL = Preset("kecil", 1_000, first=(2024, 1), quarters=12, bucket=500)
TINY = Preset("mungil", 400, first=(2025, 1), quarters=4, bucket=200)


@pytest.fixture(scope="module")
def nine_years() -> Part:
    return generate_part(NINE_YEARS, 11, 0, dirty=False)


@pytest.fixture(scope="module")
def quarters(nine_years: Part) -> pd.DataFrame:
    return nine_years.truth["kebenaran_triwulan"]


@pytest.fixture(scope="module")
def at_risk(quarters: pd.DataFrame) -> pd.DataFrame:
    return quarters[quarters["aktif"]]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ---------------------------------------------------------------- repeatability
def test_one_and_two_workers_write_the_same_bytes(tmp_path: Path) -> None:
    for workers in (1, 2):
        write_population(tmp_path / f"r{workers}", tmp_path / f"t{workers}", preset=TINY, seed=3, workers=workers)
    assert len(TINY.parts(3)) == 2
    assert digests(tmp_path / "r1") == digests(tmp_path / "r2")
    assert digests(tmp_path / "t1") == digests(tmp_path / "t2")
    other = generate_part(TINY, 4, 0, dirty=False).tables["keluarga"]
    assert not other.equals(generate_part(TINY, 3, 0, dirty=False).tables["keluarga"])


def test_a_part_alone_is_the_part_of_the_whole(tmp_path: Path) -> None:
    write_population(tmp_path / "r", tmp_path / "t", preset=TINY, seed=8, dirty=False)
    alone = generate_part(TINY, 8, 1, dirty=False).tables["penyaluran"]
    written = pd.read_parquet(tmp_path / "r" / "penyaluran" / "bagian-001.parquet")
    assert written["penyaluran_id"].tolist() == alone["penyaluran_id"].tolist()
    assert written["nominal"].tolist() == alone["nominal"].tolist()


def test_writing_again_leaves_no_part_of_an_earlier_writing(tmp_path: Path) -> None:
    write_population(tmp_path / "r", tmp_path / "t", preset=TINY, seed=1)
    one = Preset("satu", 200, first=(2025, 1), quarters=2, bucket=200)
    write_population(tmp_path / "r", tmp_path / "t", preset=one, seed=1)
    assert [path.name for path in (tmp_path / "r" / "keluarga").iterdir()] == ["bagian-000.parquet"]
    assert 'preset = "satu"' in (tmp_path / "r" / "sintetis.toml").read_text(encoding="utf-8")


def test_folders_that_would_leak_or_overwrite_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="features could read it"):
        write_population(tmp_path / "r", tmp_path / "r" / "truth", preset=SMALL, seed=1)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.csv").write_text("a")
    with pytest.raises(ValueError, match="holds other files"):
        write_population(tmp_path / "x", tmp_path / "t", preset=SMALL, seed=1)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_parts_of_a_preset_add_up(name: str) -> None:
    preset = PRESETS[name]
    keys = preset.parts(2)
    assert abs(sum(key.slots for key in keys) - preset.kpm) < 0.001 * preset.kpm
    assert max(key.slots for key in keys) <= preset.bucket
    assert {key.kabupaten for key in keys} == set(range(preset.kabupaten))


def test_presets_that_cannot_be_made_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        Preset("nol", 10)
    with pytest.raises(ValueError, match="2018"):
        Preset("dulu", 500, first=(2012, 1))
    with pytest.raises(IndexError, match=r"parts 0\.\.1"):
        generate_part(SMALL, 1, 7)


# ---------------------------------------------------------------- numbers
def test_every_number_has_a_unit_and_a_source_or_an_assumption() -> None:
    for name, entry in marginals().entries.items():
        assert {"nilai", "satuan"} < set(entry), name
        assert ("sumber" in entry) != ("asumsi" in entry), name


def test_unknown_numbers_cannot_be_replaced() -> None:
    with pytest.raises(KeyError, match=r"keluar\.tidak_ada"):
        marginals((("keluar.tidak_ada", 1),))


# ---------------------------------------------------------------- planted truth
def test_refitting_the_logit_returns_the_planted_coefficients(at_risk: pd.DataFrame) -> None:
    rows = at_risk[~at_risk["berhenti"]]
    names = {"w": "w", "usaha": "usaha", "log_omzet": "omzet", "m2": "m2", "kepesertaan": "kepesertaan"}
    planted = [*(marginals()[f"keluar.{key}"] for key in names.values()), marginals()["keluar.perlindungan"], 1.0]
    X = rows[[*names, "perlindungan", "tuas"]].to_numpy(dtype=np.float64)
    offset = (rows["eta"] - rows["eta_keluarga"]).to_numpy(dtype=np.float64)
    y = (rows["kasus"] > 0).to_numpy(dtype=np.float64)
    beta = 0.9 * np.array(planted)
    for _ in range(25):
        p = 1 / (1 + np.exp(-(offset + X @ beta)))
        information = (X * (p * (1 - p))[:, None]).T @ X
        beta += np.linalg.solve(information, X.T @ (y - p))
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    assert np.abs((beta - planted) / error).max() < 3.2


def test_exits_happen_at_their_hazards(at_risk: pd.DataFrame) -> None:
    office = at_risk["h_administratif"].to_numpy(dtype=np.float64)
    mandiri = (1 - office) * at_risk["h_mandiri"].to_numpy(dtype=np.float64)
    natural = (1 - office - mandiri) * at_risk["h_alamiah"].to_numpy(dtype=np.float64)
    free = (~at_risk["berhenti"]).to_numpy()
    for chance, causes in ((office, ["desil", "paksa", "admin"]), (natural, ["alamiah"])):
        seen = int(at_risk["sebab"].isin(causes).sum())
        assert abs(seen - chance.sum()) < 4 * np.sqrt(chance.sum())
    # Stopping pendamping drop what is beyond their target, so mandiri may only fall short of its hazard.
    seen = int((at_risk["sebab"] == "mandiri").sum())
    assert seen < mandiri[free].sum() + 4 * np.sqrt(mandiri.sum())
    assert seen > 0.8 * mandiri[free].sum()


@pytest.mark.parametrize(
    ("years", "target"), [((2018, 2018), 0.010), ((2019, 2020), 0.034), ((2021, 2024), 0.004), ((2025, 2026), 0.035)]
)
def test_mandiri_rate_of_each_regime(at_risk: pd.DataFrame, years: tuple[int, int], target: float) -> None:
    rows = at_risk[at_risk["tahun"].between(*years)]
    rate = 4 * (rows["sebab"] == "mandiri").mean()
    # Twenty-one pendamping of log-odds spread .8 move a small kabupaten's rate by about a tenth.
    noise = 3 * np.sqrt(target / (len(rows) / 4)) + 0.25 * target
    assert abs(rate - target) < noise


def test_seasons_follow_their_weights(at_risk: pd.DataFrame) -> None:
    expected = at_risk.groupby("tahap")["h_mandiri"].sum()
    share = (expected / expected.sum()).to_numpy(dtype=np.float64)
    assert np.abs(share - np.array([0.15, 0.20, 0.25, 0.40])).max() < 0.03


def test_natural_exits_of_2020(at_risk: pd.DataFrame) -> None:
    year = at_risk[at_risk["tahun"] == 2020]
    families = int((year["tahap"] == 1).sum())
    rate = float((year["sebab"] == "alamiah").sum()) / families
    assert abs(rate - 0.0838) < 0.005 + 2 * np.sqrt(0.0838 / families)


def test_decile_exits_of_the_first_year(at_risk: pd.DataFrame) -> None:
    order = 4 * at_risk["tahun"] + at_risk["tahap"]
    families = int((order == 4 * 2025 + 2).sum())
    first_year = at_risk[(order >= 4 * 2025 + 2) & (order < 4 * 2026 + 2)]
    rate = float((first_year["sebab"] == "desil").sum()) / families
    assert abs(rate - 0.16) < 0.02 + 2 * np.sqrt(0.16 / families)
    assert not (at_risk.loc[order < 4 * 2025 + 2, "sebab"] == "desil").any()


def test_mobility_over_three_years(at_risk: pd.DataFrame) -> None:
    wide = at_risk.pivot(index="kpm_id", columns="triwulan", values="w")
    moved = []
    for start in (0, 4, 8, 12):
        both = wide[[start, start + 12]].dropna()
        rank = both.rank(pct=True)
        poorest = rank[rank[start] <= 0.3]
        moved.append(float((poorest[start + 12] > 0.3).mean()))
    assert abs(float(np.mean(moved)) - 0.28) < 0.03


def test_size_and_benefit_meet_their_sources(nine_years: Part) -> None:
    family = nine_years.tables["keluarga"]
    assert abs(float(family["jumlah_anggota"].mean()) - 4.75) < 0.25
    paid = nine_years.tables["penyaluran"]
    year = paid[(paid["tahun"] == 2021) & (paid["status"] == "cair") & ~paid["batal"]].drop_duplicates(
        "penyaluran_id", keep="last"
    )
    quarters = nine_years.truth["kebenaran_triwulan"]
    families = (quarters["aktif"] & (quarters["tahun"] == 2021)).sum() / 4
    assert abs(float(year["nominal"].sum()) / families - 2.87e6) < 0.05 * 2.87e6


def test_oracles_are_good_and_no_simple_rule_is(quarters: pd.DataFrame) -> None:
    oracle, household = truth_auc(quarters), truth_auc(quarters, score="h_mandiri_rt")
    assert 0.76 < household < oracle < 0.88
    for column in ("komponen_n", "kepesertaan"):
        for sign in (1.0, -1.0):
            assert truth_auc(quarters.assign(aturan=sign * quarters[column].astype(np.float64)), score="aturan") < 0.60


def test_auc_of_a_perfect_and_a_constant_score() -> None:
    frame = pd.DataFrame(
        {"kpm_id": list("abcd"), "triwulan": [0, 0, 0, 0], "aktif": True, "sebab": ["mandiri", None, "alamiah", None],
         "baik": [1.0, 0.1, 0.2, 0.0], "sama": 0.5}
    )  # fmt: skip
    assert truth_auc(frame, horizon=1, score="baik") == 1.0
    assert truth_auc(frame, horizon=1, score="sama") == 0.5
    with pytest.raises(ValueError, match="both"):
        truth_auc(frame.assign(sebab=None), horizon=1, score="baik")


def test_families_never_proposed_are_ready_but_do_not_leave(at_risk: pd.DataFrame) -> None:
    group = at_risk["tidak_diusulkan"]
    assert 0.06 < float(group.mean()) < 0.15
    leaves = (at_risk["sebab"] == "mandiri").groupby(group).mean()
    ready = at_risk["kesiapan"].groupby(group).mean()
    assert leaves[True] < 0.35 * leaves[False]
    assert ready[True] > ready[False]


def test_stopping_pendamping_stop_at_their_target(nine_years: Part, at_risk: pd.DataFrame) -> None:
    staff = nine_years.truth["kebenaran_pendamping"].drop_duplicates("pos").set_index("pos")["berhenti_di_target"]
    family = nine_years.truth["kebenaran_keluarga"].set_index("kpm_id")["pos"]
    out = at_risk[(at_risk["sebab"] == "mandiri") & at_risk["tahun"].isin([2019, 2020, 2025, 2026])]
    counts = out.groupby([out["kpm_id"].map(family), "tahun"]).size()
    stops = staff.reindex(counts.index.get_level_values(0)).to_numpy(dtype=bool)
    assert counts[stops].max() == 10
    assert (counts[stops] == 10).sum() >= 2
    assert counts[~stops].max() > 10


def test_random_offers_log_their_chance(nine_years: Part) -> None:
    offers, table = nine_years.truth["kebenaran_tawaran"], nine_years.tables["program_komplementer"]
    lots = offers[offers["acak"]]
    assert (lots["peluang"] == 0.5).all()
    assert abs(float(lots["ditawari"].mean()) - 0.5) < 3 * 0.5 / np.sqrt(len(lots))
    assert (lots["ditawari"] == lots["diambil"]).all()
    assert 0.05 < float(offers["acak"].mean()) < 0.10
    logged = table[table["propensi"].notna()]
    assert set(logged["program"]) == {"blk", "koperasi", "kur", "umi"}
    assert logged["program_id"].nunique() == pytest.approx(len(lots), rel=0.05)


def test_exits_known_late_exist(nine_years: Part) -> None:
    family = nine_years.truth["kebenaran_keluarga"]
    lag = (family["diketahui_keluar_hari"] - family["keluar_hari"]).dropna()
    assert lag.min() >= 1
    assert 25 < float(lag.median()) < 60
    assert float((lag > 90).mean()) > 0.05


def test_families_come_back_at_about_the_assumed_rate(nine_years: Part) -> None:
    family = nine_years.truth["kebenaran_keluarga"]
    old = family[family["sebab_keluar"].isin(["mandiri", "admin"]) & (family["keluar_hari"] < NINE_YEARS.cutoff - 800)]
    assert 0.05 < float(old["kembali_hari"].notna().mean()) < 0.15
    assert family.loc[family["sebab_keluar"] == "alamiah", "kembali_hari"].isna().all()


@given(seed=st.integers(0, 10_000), year=st.integers(2008, 2026))
@settings(max_examples=25, deadline=None)
def test_the_component_clock_is_exact(seed: int, year: int) -> None:
    first = int(np.datetime64(f"{year}-01-01", "D").astype(int))
    m = marginals()
    fam, people = draw_families(np.random.default_rng(seed), 30, first, first + 80, m)
    ends = exhaustion_day(people, fam["masuk"], m, planned=False)
    planned = exhaustion_day(people, fam["masuk"], m, planned=True)
    assert (planned >= ends).all()
    for family in np.flatnonzero(ends < 40_000)[:6]:
        day = int(ends[family])
        before = component_counts(people, 30, day - 1, lansia_age(day - 1, m))[family].sum()
        after = component_counts(people, 30, day, lansia_age(day, m))[family].sum()
        assert after == 0
        assert before > 0 or day == fam["masuk"][family]


def test_drift_switches_shift_the_truth() -> None:
    base = Preset("geser", 800, first=(2025, 4), quarters=2, bucket=800)
    shifted = Preset("geser", 800, first=(2025, 4), quarters=2, bucket=800, geser_logit_2026=-0.5, beban_2026=0.7)
    calibration = reference(base)
    plain, moved = (
        generate_part(p, 1, 0, dirty=False, calibration=calibration).truth["kebenaran_triwulan"]
        for p in (base, shifted)
    )
    intercept = [frame.groupby("triwulan")["intersep"].first() for frame in (plain, moved)]
    assert (intercept[1] - intercept[0]).tolist() == pytest.approx([0.0, -0.5], abs=1e-5)
    active = [frame[frame["aktif"]].groupby("triwulan").size() for frame in (plain, moved)]
    assert active[0][0] == active[1][0]


# ---------------------------------------------------------------- records
def test_corrections_and_voids_occur_at_their_rates(nine_years: Part) -> None:
    table = nine_years.tables["penyaluran"]
    rows = int(((table["versi"] == 1) & ~table["batal"]).sum())
    voided = table[table["batal"]]
    key = ["penyaluran_id", "tanggal_penyaluran"]
    assert 0.02 < float((~table["batal"] & (table["versi"] > 1)).sum()) / rows < 0.04
    assert 0.002 < len(voided) / rows < 0.004
    mistakes = table.merge(voided[key], on=key)
    assert (mistakes.groupby(key)["batal"].sum() == 1).all()
    log = nine_years.truth["kebenaran_koreksi"]
    mine = log[(log["tabel"] == "penyaluran") & (log["diketahui_akhir"] <= NINE_YEARS.cutoff)]
    final = table[~table["batal"]].sort_values(["tanggal_diketahui", "versi"]).drop_duplicates(key, keep="last")
    days = pd.Series(np.datetime_as_string(mine["hari"].to_numpy().astype("datetime64[D]")), dtype="str")
    merged = mine.assign(penyaluran_id=mine["kunci"].array, tanggal_penyaluran=days.array).merge(final, on=key)
    assert len(merged) == len(mine)
    assert (merged["nilai_akhir"].astype(np.int64) == merged["nominal"]).all()


def test_stages_of_a_case_come_in_order_and_within_membership(nine_years: Part) -> None:
    table = nine_years.tables["peristiwa_status"]
    table = table[~table["batal"] & ~table["peristiwa_id"].str.endswith("X")]
    cases = table[table["jenis"].isin(["mandiri", "ppse"])].drop_duplicates("peristiwa_id", keep="last")
    rank = {"calon": 0, "usulan": 1, "ttd_pernyataan": 2, "disetujui": 3, "ditolak": 4, "dibatalkan": 4, "efektif": 4}
    cases = cases.assign(urut=cases["tahap_proses"].map(rank)).sort_values(["kasus_id", "urut"])
    day = pd.to_datetime(cases["tanggal_peristiwa"])
    same = (cases["kasus_id"] == cases["kasus_id"].shift()).to_numpy()
    assert (day.diff()[same] >= pd.Timedelta(0)).all()
    entry = table[table["jenis"] == "masuk"].groupby("kpm_id")["tanggal_peristiwa"].min()
    assert (cases["tanggal_peristiwa"] >= cases["kpm_id"].map(entry).fillna("")).all()
    assert {"calon", "usulan", "ttd_pernyataan", "disetujui", "efektif", "ditolak", "dibatalkan"} == set(
        cases["tahap_proses"]
    )


def test_gaps_are_not_random(nine_years: Part) -> None:
    family, hidden = nine_years.tables["keluarga"], nine_years.truth["kebenaran_hilang"]
    missing = family["penghasilan_rp"].isna()
    assert missing[family["wilayah_sulit"]].mean() > 1.4 * missing[~family["wilayah_sulit"]].mean()
    assert 0.05 < float(missing.mean()) < 0.35
    assert (hidden["topeng"] > 0).any()
    assert set(hidden["sebab"]) >= {"acak", "terpencil", "pendamping_jarang", "miskin"}
