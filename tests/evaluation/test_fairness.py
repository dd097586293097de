"""Fairness: counts add up, nobody is dropped, planted differences are found and absent ones are not, small cells stay shut."""

import builtins
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from evaluation_panel import panel_index, snapshots
from scipy import stats

from pkh_graduation.contracts import ContractError, Facts
from pkh_graduation.evaluation import exact_tests
from pkh_graduation.evaluation.fairness import (
    ALIKE,
    CALIBRATION,
    DIFFERENT,
    TOO_FEW,
    audit_list,
    audit_outcomes,
    draw_listed,
    for_coordinators,
    sentences,
)
from pkh_graduation.evaluation.fairness_groups import AXES, OTHERS, UNRECORDED, fairness_groups, pool_small
from pkh_graduation.evaluation.fairness_ratios import FDR_RATIO, WORST_PRECISION, fairness_ratios

DATE = dt.date(2024, 12, 31)


def world(seed=0, n=4000, *, gap=0.0, pushed=0.0):
    """Judged rows and two axes: ``kelompok`` (a third is "b") and one of many small groups.

    In "b" the label is rarer by ``gap`` on the log-odds than the chance says, and chances are lowered by ``pushed``.
    """
    rng = np.random.default_rng(seed)
    index = panel_index(n, [DATE])
    b = rng.random(n) < 1 / 3
    margin = rng.normal(-2.0, 1.0, n) - pushed * b
    rows = pd.DataFrame(
        {
            "kpm_id": index.get_level_values("kpm_id"), "as_of": index.get_level_values("as_of"),
            "pendamping_id": [f"d{number % 20}" for number in range(n)],
            "p_mandiri": 1 / (1 + np.exp(-margin)),
            "label": (rng.random(n) < 1 / (1 + np.exp(-(margin - gap * b)))).astype(int),
        }
    )  # fmt: skip
    groups = pd.DataFrame(
        {"kelompok": np.where(b, "b", "a"), "desa": (rng.integers(0, 400, n)).astype(str)}, index=index
    )
    return rows, groups


def lines(table, metric, axis="kelompok"):
    return table[(table["metric"] == metric) & (table["axis"] == axis)].set_index("group")


def audit(rows, groups):
    return audit_outcomes(rows, groups[["kelompok"]], listed=draw_listed(rows, 0.1))


def test_counts_add_up_and_figures_are_their_ratios():
    rows, groups = world()
    listed = draw_listed(rows, 0.1)
    table = audit_outcomes(rows, groups, listed=listed).table
    for axis in groups:
        exposure, precision, recall = (lines(table, name, axis) for name in ("exposure", "precision", "recall"))
        assert exposure["denominator"].sum() == len(rows)
        assert exposure["numerator"].sum() == precision["denominator"].sum() == listed.sum() == 400
        assert recall["denominator"].sum() == rows["label"].sum()
        assert (precision["numerator"] == recall["numerator"]).all()
    told = table[table["verdict"] != TOO_FEW]
    shares = told[told["metric"] != CALIBRATION]
    assert np.allclose(shares["value"], shares["numerator"] / shares["denominator"])
    assert ((told["low"] <= told["value"]) & (told["value"] <= told["high"])).all()
    p = rows.loc[(groups["kelompok"] == "b").to_numpy(), "p_mandiri"].sum()
    one = lines(table, CALIBRATION).loc["b"]
    assert one["value"] == pytest.approx(p / one["numerator"])


def test_row_order_changes_nothing():
    rows, groups = world(1)
    again = rows.sample(frac=1, random_state=3).reset_index(drop=True)
    first = audit_outcomes(rows, groups, listed=draw_listed(rows, 0.1)).table
    second = audit_outcomes(again, groups.iloc[::-1], listed=draw_listed(again, 0.1)).table
    pd.testing.assert_frame_equal(first, second)


def test_a_planted_gap_is_found_and_none_is_seldom():
    found, false = 0, 0
    for seed in range(20):
        rows, groups = world(seed + 1000, n=1500)
        false += CALIBRATION in set(audit(rows, groups).different()["metric"])
    for seed in range(10):
        rows, groups = world(seed, n=1500, gap=1.5)
        found += CALIBRATION in set(audit(rows, groups).different()["metric"])
    assert found >= 9
    # 20 fair worlds at 5 %: more than 4 alarms would come less than once in 300 times
    assert false <= 4


def test_lower_chances_of_a_group_show_as_exposure():
    rows, groups = world(2, pushed=0.8)
    judged = audit(rows, groups)
    exposure = lines(judged.table, "exposure")
    assert (exposure["verdict"] == DIFFERENT).all()
    assert exposure.loc["b", "high"] < exposure.loc["a", "low"]
    assert any("kelompok = b" in sentence for sentence in sentences(judged, {"exposure": "Bagian yang terdaftar"}))


def test_small_groups_are_pooled_or_said_never_dropped():
    rows, groups = world(3)
    words = pool_small(groups["desa"])
    assert set(words) == {OTHERS}
    one = groups["kelompok"].copy()
    one.iloc[:7] = "c"
    assert (pool_small(one) == one).all()
    table = audit_outcomes(rows, one.to_frame(), listed=draw_listed(rows, 0.1)).table
    small = lines(table, "exposure").loc["c"]
    assert small["verdict"] == TOO_FEW
    assert np.isnan(small["value"])
    assert small["denominator"] == 7


def test_an_audit_takes_one_date_and_needs_a_group_for_each_row():
    rows, groups = world(4, n=200)
    listed = draw_listed(rows, 0.1)
    other = rows.assign(as_of=np.where(np.arange(200) < 5, pd.Timestamp("2024-09-30"), rows["as_of"]))
    with pytest.raises(ContractError, match="one date"):
        audit_outcomes(other, groups, listed=listed)
    with pytest.raises(ContractError, match="lack 100 of the 200"):
        audit_outcomes(rows, groups.iloc[:100], listed=listed)


def test_a_list_needs_a_share_and_every_chance():
    rows, groups = world(4, n=200)
    with pytest.raises(ValueError, match=r"share must lie in \(0, 1\], not 10"):
        draw_listed(rows, 10)
    holed = rows.assign(p_mandiri=rows["p_mandiri"].where(np.arange(200) > 2))
    with pytest.raises(ValueError, match="'p_mandiri' is missing in 3 of the 200 rows"):
        draw_listed(holed, 0.1)
    listed = draw_listed(rows, 0.1)
    with pytest.raises(ValueError, match="'p_mandiri' is missing in 3"):
        audit_outcomes(holed, groups, listed=listed)
    unknown = rows.assign(label=rows["label"].astype(float).where(np.arange(200) > 4))
    with pytest.raises(ValueError, match="'label' is missing in 5"):
        audit_outcomes(unknown, groups, listed=listed)


def test_without_fairlearn_the_error_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("fairlearn"):
            raise ImportError(name)
        return real(name, *rest, **more)

    rows, groups = world(5, n=100)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ContractError, match="install the package `fairlearn`"):
        audit_outcomes(rows, groups, listed=draw_listed(rows, 0.1))


def a_list(rows, groups, listed):
    n, chosen = len(rows), listed
    band = np.where(chosen, "siap_dibahas", "belum_data_kurang")
    b = (groups["kelompok"] == "b").to_numpy()
    guarded = np.where(b & (np.arange(n) % 3 == 0), "lansia tinggal sendiri|ada ibu hamil atau nifas", "")
    return pd.DataFrame(
        {
            "kpm_id": rows["kpm_id"], "as_of": rows["as_of"],
            "urutan": pd.array(np.where(chosen, 1, 0), dtype="Int32"), "kategori": band,
            "slot": pd.Series(np.where(chosen, "model", ""), dtype="str").where(chosen), "dikecualikan_karena": guarded,
            "peringatan": "", "p_mandiri_12m": rows["p_mandiri"],
        }
    ).assign(urutan=lambda f: f["urutan"].where(chosen))  # fmt: skip


def test_a_list_is_audited_before_any_outcome():
    rows, groups = world(6, n=2000)
    listed = draw_listed(rows, 0.1)
    frame = a_list(rows, groups, listed)
    missing = pd.Series(np.where(groups["kelompok"] == "b", 0.5, 0.1), index=groups.index)
    table = audit_list(frame, groups[["kelompok"]], missing=missing).table
    assert lines(table, "listed")["numerator"].sum() == listed.sum()
    hit = lines(table, "rule: lansia tinggal sendiri")
    assert hit.loc["a", "numerator"] == 0
    assert hit.loc["b", "numerator"] == (frame["dikecualikan_karena"] != "").sum()
    assert lines(table, "data_kurang").loc["b", "value"] == 1
    assert lines(table, "guarded").loc["b", "verdict"] == DIFFERENT
    assert lines(table, "random").loc["a", "verdict"] == ALIKE
    assert "label" not in frame


def test_small_cells_are_hidden_with_what_would_betray_them():
    def hide(values, small, lines):
        """The plainest rule: hide the small cells, and in each line with one hidden cell the smallest open one."""
        hidden = small.copy()
        for _ in range(len(lines)):
            for line in lines:
                rest = line[~hidden[line] & (values[line] > 0)]
                if hidden[line].sum() == 1 and len(rest):
                    hidden[rest[values[rest].argmin()]] = True
        return hidden

    rows, groups = world(7, n=900)
    one = groups["kelompok"].copy()
    one.iloc[:3] = "c"
    judged = audit_list(a_list(rows, groups, draw_listed(rows, 0.1)), one.to_frame())
    shown = for_coordinators(judged, hide)
    counts = judged.table[["numerator", "denominator"]]
    small = (counts > 0) & (counts < 5)
    assert small.to_numpy().any()
    assert shown.loc[small["denominator"], "denominator"].isna().all()
    assert shown.loc[small["numerator"], "numerator"].isna().all()
    assert shown.loc[small.any(axis=1), "value"].isna().all()
    for _, line in shown.groupby(["axis", "metric"]):
        assert line["denominator"].isna().sum() != 1
    assert judged.table["denominator"].notna().all()


def test_ratios_know_what_chance_does():
    rows, groups = world(8, n=6000)
    listed = draw_listed(rows, 0.1)
    fair = fairness_ratios(rows, groups[["kelompok"]], listed=listed, n_boot=100).set_index("ratio")
    assert fair.loc[FDR_RATIO, "value"] >= 1 >= fair.loc[WORST_PRECISION, "value"]
    assert (fair["low"] <= fair["value"]).all()
    rows, groups = world(8, n=6000, gap=2.0)
    unfair = fairness_ratios(rows, groups[["kelompok"]], listed=draw_listed(rows, 0.1), n_boot=100).set_index("ratio")
    assert unfair.loc[FDR_RATIO, "value"] > unfair.loc[FDR_RATIO, "by_chance"]
    assert unfair.loc[WORST_PRECISION, "value"] < unfair.loc[WORST_PRECISION, "by_chance"]
    assert unfair.loc[WORST_PRECISION, "worst"] == "b"
    assert not unfair.loc[WORST_PRECISION, "within"]
    numbers = fairness_ratios(rows, groups[["kelompok"]], listed=draw_listed(rows, 0.1).astype(int), n_boot=100)
    pd.testing.assert_frame_equal(numbers.set_index("ratio"), unfair)
    lone = fairness_ratios(rows, groups[["desa"]].assign(desa="x"), listed=listed, n_boot=5)
    assert lone["value"].isna().all()
    assert (lone["groups"] == 1).all()


def test_groups_are_read_from_the_facts():
    index = panel_index(6, [DATE])
    values = pd.DataFrame(
        {
            "kepala_perempuan": [1, 0, np.nan, 0, 0, 0], "komp_lansia_n": [0, 1, 0, 0, np.nan, 2],
            "komp_disabilitas_n": [0, 0, 1, 0, 0, 1], "desil": [1, 2, 5, 9, np.nan, 4], "anggota_n": [3, 8, 4, 4, 4, 4],
        },
        index=index,
    )  # fmt: skip
    columns = ["theme", "unit", "meaning_id", "meaning_en", "lever", "sign", "source", "window", "model"]
    facts = Facts(values, pd.DataFrame(index=index), pd.DataFrame(columns=columns))
    groups = fairness_groups(facts, snapshots(index, list("ababab")))
    both = "ada disabilitas"
    assert groups["kepala"].tolist() == ["perempuan", "laki-laki", UNRECORDED, *["laki-laki"] * 3]
    assert groups["komponen"].tolist() == ["tanpa keduanya", "ada lansia", both, "tanpa keduanya", UNRECORDED, both]
    assert groups["desil"].tolist() == [
        "desil 1",
        "desil 2",
        "desil 5 ke atas",
        "desil 5 ke atas",
        UNRECORDED,
        "desil 4",
    ]
    # nobody's place is recorded, and the records hold no remote flag here: those axes are not shown as if everyone were alike
    assert not {"kabupaten", "provinsi", "wilayah_sulit"} & set(groups)
    assert {axis.name for axis in AXES if axis.named} >= {
        "kepala",
        "komponen",
        "lansia_tunggal",
        "wilayah_sulit",
        "perkotaan",
    }
    with pytest.raises(ContractError, match="lack 1 of the 6"):
        fairness_groups(
            Facts(values.iloc[1:], pd.DataFrame(index=index[1:]), facts.catalogue), snapshots(index, list("ababab"))
        )


def test_exact_tests_keep_their_level_and_agree_with_scipy():
    for table in ([3, 20, 9, 30], [0, 12, 5, 15], [200, 900, 150, 1000]):
        hits, n, other, m = table
        mid = exact_tests.fisher_mid_p(hits, n, other, m)
        plain = stats.fisher_exact([[hits, n - hits], [other, m - other]]).pvalue
        assert mid < plain
        assert mid > plain / 2 - 1e-12
    assert exact_tests.fisher_mid_p(1, 0, 3, 9) == 1.0
    chance = stats.binom.pmf(np.arange(41), 40, 0.3)
    level = sum(c for x, c in enumerate(chance) if exact_tests.binomial_mid_p(x, 40, 0.3) < 0.05)
    assert 0.02 < level < 0.06
    adjusted = exact_tests.holm([0.2, 0.001, 0.02])
    assert adjusted.tolist() == [0.2, 0.003, 0.04]
    low, high = exact_tests.share_interval(np.array([0, 5, 10]), np.array([10, 10, 0]))
    assert low[0] == 0
    assert high[1] > 0.5 > low[1]
    assert np.isnan(low[2])
