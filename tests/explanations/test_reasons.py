import dataclasses

import numpy as np
import pandas as pd
import pytest
from fake_models import FEATURES, Linear, catalogue, make_facts

from pkh_graduation.contracts import ContractError, Facts, Reasons
from pkh_graduation.explanations import Attributor, SentenceError, choose, explain, read_phrasebook, tellable, word
from pkh_graduation.explanations.reasons import AGREEMENT, FLOOR

NOTATION = read_phrasebook("id").notation
PLACE = {name: number for number, name in enumerate(FEATURES)}


def linear(members=1, **coefs) -> Linear:
    row = np.zeros(len(FEATURES))
    for name, value in coefs.items():
        row[PLACE[name]] = value
    return Linear(np.tile(row, (members, 1)))


def test_cards_hold_exact_values_their_day_and_at_most_three_and_two(model, X, facts):
    reasons = explain(model, X, facts)
    cards = reasons.cards
    assert isinstance(reasons, Reasons)
    assert len(cards) > 100
    keys = pd.MultiIndex.from_frame(cards[["kpm_id", "as_of"]])
    for name, group in cards.groupby("fitur"):
        own = keys[group.index]
        assert (group["nilai"].to_numpy() == facts.values[name].reindex(own).to_numpy(float)).all()
        assert (group["tanggal_diketahui"].to_numpy() == facts.known[name].reindex(own).to_numpy()).all()
    assert cards["tanggal_diketahui"].notna().all()
    most = cards.groupby(["kpm_id", "arah"]).size().unstack()
    assert most["mendukung"].max() <= 3
    assert most["menahan"].max() <= 2
    assert all(
        sentence.endswith(f"(data {NOTATION.date(day)})")
        for sentence, day in zip(cards["kalimat"], cards["tanggal_diketahui"], strict=True)
    )


def test_money_on_a_card_is_the_records_to_the_rupiah(X, facts):
    cards = explain(linear(pinjaman_rp=1e-6), X, facts).cards
    assert len(cards)
    exact = facts.values["pinjaman_rp"].droplevel("as_of")
    for kpm, sentence in zip(cards["kpm_id"], cards["kalimat"], strict=True):
        assert NOTATION.money(exact[kpm]) in sentence
        assert int(exact[kpm]) != int(np.float32(exact[kpm])) or exact[kpm] == np.float32(exact[kpm])
    assert (exact.dropna() != exact.dropna().astype("float32").astype("float64")).any()


def test_contribution_is_the_themes_and_orders_the_cards(model, X, facts):
    cards = explain(model, X, facts, floor=0.0).cards
    assert ((cards["kontribusi"] > 0) == (cards["arah"] == "mendukung")).all()
    for _, group in cards.groupby(["kpm_id", "arah"]):
        assert list(group["urutan"]) == list(range(1, len(group) + 1))
        assert group["kontribusi"].abs().is_monotonic_decreasing
        assert group["tema"].is_unique


def test_theme_is_told_by_the_strongest_feature_of_its_own_sign(X, facts):
    """Savings support more than the debt holds back: the debt is stronger nowhere, and never tells a supporting theme."""
    cards = explain(linear(pinjaman_rp=2e-6, utang_rentenir=-0.5), X, facts).cards
    supporting = cards[cards["arah"] == "mendukung"]
    assert set(supporting["fitur"]) == {"pinjaman_rp"}
    assert set(cards.loc[cards["arah"] == "menahan", "fitur"]) == {"utang_rentenir"}


def test_a_feature_whose_fact_is_missing_tells_nothing(X):
    full = X.fillna(1.0)
    facts = make_facts(full)
    facts.values["pinjaman_rp"] = np.nan
    cards = explain(linear(pinjaman_rp=1e-6, desil=0.5), full, facts).cards
    assert set(cards["fitur"]) == {"desil"}


@pytest.mark.parametrize(("wrong", "shown"), [(0, True), (1, True), (2, False)])
def test_a_theme_needs_nine_of_ten_members_on_its_side(X, facts, wrong, shown):
    model = linear(members=10, desil=1.0)
    model.coefs[:wrong, PLACE["desil"]] = -0.1
    assert bool(len(explain(model, X, facts).cards)) is shown
    assert AGREEMENT == 0.9


def test_what_was_never_recorded_is_known_on_the_list_date(X):
    facts = make_facts(X.fillna(1.0))
    facts.known["desil"] = pd.array([pd.NA] * len(X), dtype="Int32")
    cards = explain(linear(desil=1.0), X.fillna(1.0), facts).cards
    assert set(cards["tanggal_diketahui"]) == {20361}
    assert cards["kalimat"].str.endswith("(data 30 September 2025)").all()


def test_a_theme_below_the_floor_is_not_shown(X, facts):
    assert explain(linear(desil=FLOOR / 6), X, facts).cards.empty
    assert len(explain(linear(desil=FLOOR), X, facts).cards) > 0


def test_place_and_time_are_never_a_familys_reason(model, X, facts):
    assert explain(linear(perkotaan=5.0), X, facts).cards.empty
    assert not set(explain(model, X, facts, floor=0.0).cards["tema"]) & {"wilayah", "waktu"}


def test_objecting_families_get_no_reason(model, X, facts):
    silent = X.index[:40]
    facts.values.loc[silent, "pagar_keberatan"] = 1.0
    cards = explain(model, X, facts).cards
    assert not set(cards["kpm_id"]) & set(silent.get_level_values("kpm_id"))
    assert cards["kpm_id"].nunique() > 30


def test_nothing_is_said_of_families_of_whom_nobody_knows_whether_they_object(model, X, facts):
    facts.values["pagar_keberatan"] = facts.values["pagar_keberatan"].astype("float64")
    unknown = X.index[:40]
    facts.values.loc[unknown, "pagar_keberatan"] = np.nan
    assert not set(explain(model, X, facts).cards["kpm_id"]) & set(unknown.get_level_values("kpm_id"))


def test_facts_that_lack_what_a_card_tells_are_refused(model, X, facts):
    told = explain(model, X, facts).cards["fitur"].iloc[0]
    with pytest.raises(ContractError, match=rf"facts lack 1 features .*{told}"):
        explain(model, X, dataclasses.replace(facts, values=facts.values.drop(columns=told)))


def test_rows_in_another_order_give_the_same_cards(model, X, facts):
    turned = X.iloc[::-1]
    plain = explain(model, X, facts).cards
    other = explain(model, turned, facts).cards.sort_values(["kpm_id", "arah", "urutan"], ascending=[True, False, True])
    pd.testing.assert_frame_equal(plain, other.reset_index(drop=True))


def test_comparison_is_with_the_cohort_that_is_asked_for(X, facts):
    model = linear(usaha_lama_tahun=1.0)
    poorer = dataclasses.replace(facts, values=facts.values.assign(usaha_lama_tahun=0.0))
    own, others = (explain(model, X, facts, cohort=cohort).cards["kalimat"] for cohort in (None, poorer))
    assert (own != others).any()
    assert others.str.contains("99 dari 100 keluarga").all()


@pytest.mark.parametrize(("sign", "told"), [(0, {"lama", "singkat"}), (1, {"lama"}), (-1, {"singkat"})])
def test_a_comparison_never_contradicts_the_sign_of_policy(X, facts, sign, told):
    """All cards support; with a fixed sign only the comparison on its side is told."""
    named = dataclasses.replace(facts, catalogue=facts.catalogue.assign(sign=sign))
    sentences = explain(linear(usaha_lama_tahun=1.0), X, named).cards["kalimat"]
    assert set(sentences.str.extract(r"lebih (lama|singkat) daripada")[0].dropna()) == told


def test_a_few_families_of_many_are_explained_alike(model, X, facts):
    """A list explains listed families only; whom they are compared with stays everyone."""
    some = X.index[5:15]
    whole = explain(model, X, facts).cards
    part = explain(model, X.loc[some], facts).cards
    expected = whole[whole["kpm_id"].isin(some.get_level_values("kpm_id"))].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, expected)


def test_another_language_says_the_same_reasons(model, X, facts):
    own, other = (explain(model, X, facts, language=language).cards for language in ("id", "en"))
    pd.testing.assert_frame_equal(own.drop(columns="kalimat"), other.drop(columns="kalimat"))
    assert other["kalimat"].str.fullmatch(r".+ \(data of \d{1,2} [A-Z][a-z]+ \d{4}\)").all()
    assert not (own["kalimat"] == other["kalimat"]).any()


def test_nothing_to_say_is_an_empty_table_with_all_columns(X, facts):
    cards = explain(linear(), X, facts).cards
    assert list(cards.columns)[:4] == ["kpm_id", "as_of", "arah", "urutan"]
    assert cards.empty


def test_wrong_inputs_are_refused(model, X, facts):
    with pytest.raises(ContractError, match="lack 20 of the 120"):
        explain(model, X, Facts(facts.values.iloc[20:], facts.known.iloc[20:], catalogue()))
    with pytest.raises(SentenceError, match="'xx'; there are"):
        explain(model, X, facts, language="xx")


def test_in_two_halves_and_in_a_stream_the_cards_are_the_same(model, X, facts):
    """An attributor that has seen other families and another model tells nothing else, and the first half needs no exact value
    and no day: only the features that it names have to be fetched for the second."""
    attributor = Attributor(list(X.columns))
    choose(linear(pinjaman_rp=1e-6), X.iloc[:9], facts, attributor=attributor)
    rough = dataclasses.replace(facts, values=facts.values.astype("float32"), known=facts.known.iloc[:, :0])
    choice = choose(model, X, rough, attributor=attributor)
    kept = [name for name in facts.values if name in choice.features]
    exact = dataclasses.replace(facts, values=facts.values[kept], known=facts.known[kept])
    whole = explain(model, X, facts)
    pd.testing.assert_frame_equal(word(choice, exact, cohort=facts), whole.cards, check_exact=True)
    assert choice.features == set(whole.cards["fitur"]) <= set(tellable(facts.catalogue["theme"]))


def test_equal_values_of_several_days_keep_their_own_day(X, facts):
    """Sentences are worded once per value: what differs between its families must still differ."""
    same = facts.values.assign(pinjaman_rp=2_000_000.0)
    days = pd.array(np.arange(20_000, 20_000 + len(X)), dtype="Int32")
    own = dataclasses.replace(facts, values=same, known=facts.known.assign(pinjaman_rp=days))
    cards = explain(linear(pinjaman_rp=1e-6), X, own).cards
    assert cards["kalimat"].nunique() == cards["tanggal_diketahui"].nunique() == len(cards) > 50
