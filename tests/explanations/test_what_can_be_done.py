import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from fake_models import Linear

from pkh_graduation.contracts import ContractError, Evidence, ExplainedPart, Facts
from pkh_graduation.explanations.levers import (
    BAHAN_BICARA,
    COLUMNS,
    MOST,
    NEEDED_FACTS,
    PERINGATAN,
    TIDAK_ADA,
    suggest,
)
from pkh_graduation.explanations.linter import lint
from pkh_graduation.explanations.what_if import Inquiry, changed, what_if
from pkh_graduation.features import dictionary
from pkh_graduation.programme.levers import HAK, TINDAKAN, Change, levers

LEVERS = {lever.kode: lever for lever in levers()}
NAMES = sorted(
    {name for lever in levers() for name in lever.facts} | {c.fitur for x in levers() for c in (*x.ubah, *x.ikut)}
)
N = 60
FOR_A_LOAN = {
    "usaha_nib": 1.0, "usaha_aktif_n": 1.0, "usaha_lama_tahun": 2.0, "utang_rentenir": 0.0, "tunggakan_n": 0.0,
    "pinjaman_berjalan_n": 0.0, "kur_berjalan_n": 0.0,
}  # fmt: skip


def families(**values) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [[f"k{number:015x}" for number in range(N)], [pd.Timestamp("2025-09-30")]], names=["kpm_id", "as_of"]
    )
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.integers(0, 3, (N, len(NAMES))), index=index, columns=NAMES).astype(float)
    return frame.assign(**values)


def facts_of(X: pd.DataFrame, **more) -> Facts:
    values = X.assign(pagar_keberatan=0.0, **more)
    return Facts(values, pd.DataFrame(index=X.index), dictionary())


def linear(members=1, **coefs) -> Linear:
    row = np.array([coefs.get(name, 0.0) for name in NAMES])
    return Linear(np.tile(row, (members, 1)))


@dataclass
class Product:
    """A model in which a business counts only beside savings: no attribution of the business alone can say that."""

    def explained_parts(self, X):
        both = (X["usaha_pasar_level"] * X["tabungan_level"]).to_numpy()[:, None]
        return [dataclasses.replace(linear().explained_parts(X)[0], matrix=both, owner=("usaha_pasar_level",),
                                    coef=np.ones(1), center=np.zeros(1))]  # fmt: skip

    def explained_margin(self, X):
        return (X["usaha_pasar_level"] * X["tabungan_level"]).to_numpy()


def evidence(X, low, grade="E3", lever="kur") -> Evidence:
    told = pd.DataFrame({"effect": low + 0.03, "low": low, "high": low + 0.06}, index=X.index)
    return Evidence(lever, grade, 0.02, 0.01, 0.03, "KPM undian 2024", told)


def test_the_model_is_asked_with_the_family_as_it_would_be():
    X = families()
    found = what_if(linear(usaha_nib=0.4, usaha_izin=0.1, desil=9.0), X, LEVERS["nib"])
    own = 0.4 * (1 - X["usaha_nib"]) + 0.1 * (1 - X["usaha_izin"])
    np.testing.assert_allclose(found.change, own, atol=1e-12)
    np.testing.assert_allclose(found.low, own, atol=1e-12)


def test_the_answer_is_the_models_own_difference_even_where_an_attribution_misleads():
    X, lever = families(), LEVERS["pasar"]
    model = Product()
    after = changed(X, (*lever.ubah, *lever.ikut))
    found = what_if(model, X, lever)
    np.testing.assert_allclose(found.change, model.explained_margin(after) - model.explained_margin(X), atol=1e-12)
    assert (found.change[X["tabungan_level"] == 0] == 0).all()


def test_the_bag_tells_its_spread_and_its_agreement():
    model = linear(members=4)
    model.coefs[:, NAMES.index("usaha_nib")] = [1.0, 1.0, 1.0, -0.2]
    found = what_if(model, families(usaha_nib=0.0, usaha_izin=1.0), LEVERS["nib"])
    np.testing.assert_allclose(found.change, 0.7)
    np.testing.assert_allclose((found.low[0], found.high[0]), (-0.2, 1.0))
    assert (found.agreement == 0.75).all()


def test_some_families_are_told_what_all_would_be_told_lever_after_lever():
    X, some = families(), np.array([40, 3, 17])
    inquiry = Inquiry(linear(members=3, usaha_nib=0.4, usaha_izin=0.1, tabungan_level=0.3), X)
    for lever in (LEVERS["nib"], LEVERS["pasar"]):
        whole, few = what_if(inquiry.model, X, lever), inquiry.what_if(lever, some)
        for name in ("change", "low", "high", "agreement"):
            np.testing.assert_allclose(getattr(few, name), getattr(whole, name)[some], atol=1e-12)


def test_no_other_fact_is_read_than_is_said_to_be():
    """Lists fetch these alone; an objection that nobody fetched would be overheard."""
    X = families(usaha_nib=0.0)
    facts = facts_of(X)
    facts.values["pagar_keberatan"] = np.arange(N) % 2.0
    few = dataclasses.replace(facts, values=facts.values[[name for name in facts.values if name in NEEDED_FACTS]])
    model = linear(**dict.fromkeys(NAMES, 1.0))
    pd.testing.assert_frame_equal(suggest(model, X, few), suggest(model, X, facts))
    assert len(set(suggest(model, X, few)["kpm_id"])) == N / 2


def test_trees_are_asked_as_told_all_of_a_bag_at_once():
    """Whoever asks them from tables must be the one who is asked."""
    X, asked = families(usaha_nib=0.0), []

    class Forest:
        def explained_parts(self, X):
            matrix = X[["usaha_nib"]].to_numpy(dtype=float)
            return [ExplainedPart("tree", 0.5, matrix, ("usaha_nib",), k, estimator=10.0**k) for k in (0, 1)]

    def margins(models, matrix):
        asked.append(list(models))
        return np.array([model * matrix[:, 0] for model in models])

    found = Inquiry(Forest(), X, tree_margins=margins).what_if(LEVERS["nib"])
    assert (found.change == 5.5).all() and (found.low == 1.0).all() and (found.high == 10.0).all()
    assert asked == [[1.0, 10.0]] * 2


def test_changes_set_add_and_lift():
    X = pd.DataFrame({"a": [np.nan, 1.0, 9.0]})
    for how, expected in (("jadi", [5, 5, 5]), ("tambah", [np.nan, 6, 14]), ("sedikitnya", [5, 5, 9])):
        np.testing.assert_array_equal(changed(X, [Change("a", how, 5), Change("absent", how, 5)])["a"], expected)


def test_what_nobody_can_change_is_refused():
    X = families()
    listed = dictionary()
    listed.loc["usaha_nib", "lever"] = False
    with pytest.raises(ContractError, match="usaha_nib"):
        what_if(linear(), X, LEVERS["nib"], catalogue=listed)
    with pytest.raises(ContractError, match="lacks"):
        what_if(linear(), X.drop(columns="usaha_nib"), LEVERS["nib"])
    with pytest.raises(ContractError, match="changes nothing"):
        what_if(linear(), X, LEVERS["rst"])


def test_without_evidence_nothing_is_advised_and_that_is_said():
    X = families(**FOR_A_LOAN)
    assert LEVERS["kur"].fits(X.__getitem__).all()
    rows = suggest(linear(**dict.fromkeys(NAMES, 1.0)), X, facts_of(X))
    assert list(rows.columns) == COLUMNS
    assert TINDAKAN not in set(rows["jenis"])
    assert set(rows.loc[rows["jenis"] == TIDAK_ADA, "kpm_id"]) == set(X.index.get_level_values("kpm_id"))
    talk = rows[rows["jenis"] == BAHAN_BICARA]
    assert len(talk)
    assert set(talk["grade"]) == {"E0"}
    assert not talk["lever"].map(lambda code: LEVERS[code].pinjaman).any()
    assert (talk["perubahan"] > 0).all()


def test_a_step_the_model_calls_harmful_or_doubts_is_no_talking_point():
    X = families(usaha_nib=0.0, usaha_aktif_n=1.0, usaha_izin=0.0, program_nib=0.0)
    assert "nib" in set(suggest(linear(usaha_nib=1.0), X, facts_of(X))["lever"])
    assert "nib" not in set(suggest(linear(usaha_nib=-1.0), X, facts_of(X))["lever"])
    doubting = linear(members=4, usaha_nib=1.0)
    doubting.coefs[0] *= -1
    assert "nib" not in set(suggest(doubting, X, facts_of(X))["lever"])


def test_evidence_overrules_the_model():
    """The model says the contrary in both cases."""
    X = families(**FOR_A_LOAN)
    low = np.where(np.arange(N) < 20, 0.01, -0.01)
    low[40:] = np.nan
    rows = suggest(linear(kur_berjalan_n=-5.0), X, facts_of(X), evidence=[evidence(X, low)])
    advice = rows[rows["jenis"] == TINDAKAN]
    assert set(advice["kpm_id"]) == set(X.index.get_level_values("kpm_id")[:20])
    assert set(advice["lever"]) == {"kur"}
    assert set(advice["grade"]) == {"E3"}
    assert not set(advice["kpm_id"]) & set(rows.loc[rows["jenis"] == TIDAK_ADA, "kpm_id"])
    assert advice["kalimat"].str.contains("4 poin persen (95 %: 1 poin persen sampai 7 poin persen)", regex=False).all()
    without = X.assign(p2k2_ekonomi_lengkap=0.0, p2k2_ekonomi_n=0.0)
    bad = evidence(X, np.full(N, -0.01), lever="p2k2_ekonomi")
    talked, denied = (suggest(linear(p2k2_ekonomi_n=5.0), without, facts_of(without), evidence=e) for e in ([], [bad]))
    assert "p2k2_ekonomi" in set(talked["lever"])
    assert "p2k2_ekonomi" not in set(denied["lever"])


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("grade", ["E1", "E2", "E3"])
def test_every_row_is_worded_at_its_grade(language, grade):
    X = families(**FOR_A_LOAN)
    rows = suggest(linear(**dict.fromkeys(NAMES, 1.0)), X, facts_of(X), language=language,
                   evidence=[evidence(X, np.full(N, 0.01), grade)])  # fmt: skip
    assert grade in set(rows["grade"])
    for told, group in rows.groupby("grade"):
        texts = {str(number): text for number, text in enumerate(group["kalimat"])}
        assert not lint(texts, language, grade=told or "E0")
        assert not group["kalimat"].str.contains(r"[{}]").any()


def test_a_debt_is_warned_of_and_no_loan_is_offered_even_with_evidence():
    X = families(**FOR_A_LOAN | {"utang_rentenir": 1.0})
    rows = suggest(linear(), X, facts_of(X), evidence=[evidence(X, np.full(N, 0.5))])
    assert "kur" not in set(rows["lever"])
    warned = rows[(rows["jenis"] == PERINGATAN) & (rows["lever"] == "rentenir")]
    assert len(warned) == N
    assert (warned["urutan"] == 1).all()


def test_rows_are_few_numbered_and_complete():
    X = families()
    rows = suggest(linear(**dict.fromkeys(NAMES, 1.0)), X, facts_of(X))
    for kind, most in MOST.items():
        assert rows[rows["jenis"] == kind].groupby("kpm_id").size().max() <= most or kind == TINDAKAN
    assert (rows.groupby("kpm_id").cumcount() + 1 == rows["urutan"]).all()
    told = rows[rows["jenis"].isin([HAK, BAHAN_BICARA])]
    assert (told[["kalimat", "lembaga", "cek", "sumber"]] != "").all(axis=None)
    assert told["sumber"].str.contains("verifikasi ke Dinsos").all()


def test_objecting_families_get_no_row_and_order_does_not_matter():
    X = families()
    facts = facts_of(X)
    facts.values.iloc[:10, facts.values.columns.get_loc("pagar_keberatan")] = 1.0
    model = linear(**dict.fromkeys(NAMES, 1.0))
    rows = suggest(model, X, facts)
    assert not set(rows["kpm_id"]) & set(X.index.get_level_values("kpm_id")[:10])
    turned = suggest(model, X.iloc[::-1], facts).sort_values(["kpm_id", "urutan"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, turned)


def test_wrong_inputs_are_refused():
    X = families()
    with pytest.raises(ContractError, match="one date"):
        suggest(linear(), pd.concat([X, X.rename(index={X.index[0][1]: pd.Timestamp("2025-12-31")})]), facts_of(X))
    with pytest.raises(ContractError, match="facts lack"):
        suggest(linear(), X, facts_of(X.iloc[1:]))
    with pytest.raises(ContractError, match="E1, E2 or E3"):
        evidence(X, np.zeros(N), grade="E0")
