"""What the commands promise of a list, on a finished office: readiness, level, floors, evidence, choice of model."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pkh_graduation import priorities, stores
from pkh_graduation.priorities import PastYear
from pkh_graduation.programme.vocabulary import PERLU_PENDAMPINGAN, SIAP_DIBAHAS
from pkh_graduation.workflows import discovering, featuring, listing, scoring, studying
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Lists, Recipe, SettingsError, read_settings

AS_OF = dt.date(2026, 12, 31)
RATE = 0.04


def machine(places: Places) -> pd.DataFrame:
    parts = [pd.read_parquet(path) for path in sorted((places.lists / "daftar").glob("*.parquet"))]
    return pd.concat(parts).sort_values("kpm_id", ignore_index=True)


def scores(places: Places) -> pd.DataFrame:
    parts = stores.Parts(places.scores(AS_OF))
    return pd.concat([parts.read(name) for name in parts.names()]).sort_index()


def cleared(values: pd.DataFrame) -> np.ndarray:
    """Whom every hard guard clears and whose data are fresh; too few values are missing here to bar anybody else."""
    hard = values[list(priorities.HARD)].astype("float64").to_numpy()
    fresh = values["data_umur_hari"].astype("float64").to_numpy() <= 730
    return (hard == 0).all(axis=1) & fresh


def past_and_now(office) -> tuple[dict[str, Any], pd.DataFrame]:
    """The bundle's past year as the office's own predictions and facts tell it, by counting."""
    told = pd.read_parquet(office.places.report / "predictions.parquet")
    told = told[(told["contender"] == "model") & (told["origin"] == told["origin"].max())]
    day = dt.date.fromisoformat(told["origin"].iloc[0])
    buckets = featuring.part_names(office.places, day)
    values = pd.concat([scoring.read_part(office.places, day, bucket)[1].values for bucket in buckets])
    clear = values.index[cleared(values)]
    own = told[pd.MultiIndex.from_frame(told[["kpm_id", "as_of"]]).isin(clear)]
    return {"origin": day.isoformat(), "families": len(own), "left": int((own["label"] == 1).sum())}, own


def test_the_bundle_keeps_the_last_year_whose_outcomes_are_known(office):
    bundle = scoring.find_bundle(office.places.models, None)
    told = json.loads((bundle / discovering.FILE).read_text())
    counted, own = past_and_now(office)
    assert {**told, "left": len(told["left"])} == {**counted, "months": 12}
    expected = PastYear.by_place(own["p_mandiri"].to_numpy(), own["label"].to_numpy())
    year, origin = discovering.kept_in(bundle)
    assert origin == counted["origin"]
    assert np.array_equal(year.false_scores, expected.false_scores)


def test_the_lists_of_the_office_call_ready_whom_the_past_year_allows(office):
    """Counted anew from the scores; on so few families the band may be empty, and the places are filled all the same."""
    frame = machine(office.places)
    year, _ = discovering.kept_in(scoring.find_bundle(office.places.models, None))
    facts = pd.concat(
        [scoring.read_part(office.places, AS_OF, name)[1].values for name in featuring.part_names(office.places, AS_OF)]
    ).droplevel("as_of").loc[frame["kpm_id"]]  # fmt: skip
    chance = frame["p_mandiri_12m"].to_numpy(dtype=float)
    could = cleared(facts) & ~np.isnan(chance)
    found = year.discover_by_place(chance[could], Lists().false_discovery)
    ready = could & (chance >= found.threshold) & (chance >= np.nanmean(chance))
    assert np.array_equal((frame["kategori"] == SIAP_DIBAHAS).to_numpy(), ready)
    assert frame["urutan"].notna().sum() > 100


@pytest.fixture(scope="module")
def by_policy(office, tmp_path_factory) -> tuple[Places, dict[str, Any]]:
    """The same office, whose head has set a rate, a looser promise and floors for one axis."""
    places = Places(tmp_path_factory.mktemp("kebijakan"))
    for part in ("store", "models", f"features/as_of={AS_OF.isoformat()}"):
        shutil.copytree(office.places.out / part, places.out / part)
    shutil.copy(office.places.out / "features" / "dictionary.parquet", places.out / "features")
    told = Lists(expected_rate=RATE, expected_rate_source="SK contoh", false_discovery=0.99, exposure_axis="kepala")
    return places, listing.lists(places, as_of=AS_OF, recipe=Recipe(), settings=told, vault=False)


def test_the_level_is_the_offices_and_the_reasons_are_the_models(office, by_policy):
    before, after = scores(office.places), scores(by_policy[0])
    assert after["mandiri_4"].mean() == pytest.approx(RATE, abs=1e-9)
    assert before["mandiri_4"].mean() != pytest.approx(RATE, abs=1e-3)
    pd.testing.assert_series_equal(after["margin"], before["margin"], check_exact=True)
    reasons = [name for name in before if name.startswith(("alasan", "kontribusi"))]
    pd.testing.assert_frame_equal(after[reasons], before[reasons], check_exact=True)
    # alike in every other way out, no family passes another; the others nearly so
    assert before["mandiri_4"].corr(after["mandiri_4"], method="spearman") > 0.999


def test_floors_and_promise_keep_exactly_the_places(office, by_policy):
    places, figures = by_policy
    plain, frame = machine(office.places), machine(places)
    assert figures["floors"]["axis"] == "kepala"
    quota = priorities.quota_on(AS_OF)
    for lists in (plain, frame):
        own = lists[lists["pendamping_id"].notna()].groupby("pendamping_id")["urutan"]
        assert (own.count() <= own.size().map(quota.of)).all()
    assert frame["urutan"].notna().sum() == plain["urutan"].notna().sum()
    assert figures["siap_dibahas"]["false_discovery"] == 0.99
    assert figures["siap_dibahas"]["size"] >= (frame["kategori"] == SIAP_DIBAHAS).sum() > 0
    assert set(frame.loc[frame["urutan"].notna(), "kategori"]) <= {SIAP_DIBAHAS, PERLU_PENDAMPINGAN}


def test_a_rate_needs_its_source(tmp_path):
    path = tmp_path / "pkh.toml"
    path.write_text("[lists]\nexpected_rate = 0.04\n")
    with pytest.raises(SettingsError, match="where the number comes from"):
        read_settings(path)


def test_levers_without_enough_lots_stay_a_matter_to_talk_about(office):
    bundle = scoring.find_bundle(office.places.models, None)
    told = json.loads((bundle / studying.FILE).read_text())
    assert {one["lever"] for one in told} >= {"kur", "pelatihan_kerja", "koperasi"}
    assert {one["grade"] for one in told} == {"E0"}
    assert any("too few" in one["why"] for one in told)
    assert studying.kept_in(bundle) == ()
    for language, words in (("id", "belum terbukti"), ("en", "nothing is shown")):
        assert words in (bundle / f"model_card.{language}.md").read_text()


def test_the_report_tells_who_is_behind_and_that_no_model_was_chosen(office):
    told = json.loads((office.places.report / "metrics.json").read_text())
    assert told["choice"] is None
    behind = told["mitigation"]["behind"]
    assert {line["axis"] for line in behind} == set(told["mitigation"]["costs"])
    for line in behind:
        assert line["ratio"] < told["mitigation"]["least_ratio"]
        assert line["listed"] < line["floor"]
        assert line["unmet"] or line["listed_after"] >= line["floor"]
    page = Path(office.figures["report"]).read_text()
    for line in behind:
        assert (line["group"] in page) or not line["certain"]
