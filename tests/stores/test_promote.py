"""The champion's alias moves only after a fair comparison; otherwise every reason is told."""

import dataclasses
import datetime as dt
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fitted_models import fitted, material

from pkh_graduation import stores
from pkh_graduation.evaluation.rivals import compare_rivals, folds_digest
from pkh_graduation.stores import registry, signing
from pkh_graduation.workflows import evidence, promoting
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.provenance import Provenance
from pkh_graduation.workflows.settings import Recipe

RECIPE, OTHER = Recipe(members=2), Recipe(members=3)
GATE = {"difference": 0.05, "low": 0.02, "high": 0.08, "low_pendamping": 0.01, "high_pendamping": 0.09}


def provenance(recipe=RECIPE, **more):
    plain = Provenance(
        sintetis=False, as_of=dt.date(2025, 12, 31), recipe=recipe, records_digest="r" * 64, data_digest="d" * 64,
        features_version="f" * 64, program="p" * 64, rows=10, first_date="2022-03-31", last_date="2025-12-31",
        known_by="2025-12-31", lag_days=30,
    )  # fmt: skip
    return dataclasses.replace(plain, **more)


def predictions(skill, seed=0, n=600, origins=("2024-12-31", "2025-03-31")):
    """Judged families; the higher ``skill``, the better ``p_mandiri`` follows the truth, which ``seed`` draws."""
    truth, luck = np.random.default_rng(seed), np.random.default_rng(99)
    rows = len(origins) * n
    risk = truth.normal(size=rows)
    way = np.where(truth.random(rows) < 1 / (1 + np.exp(2.5 - 1.5 * risk)), "mandiri", "masih_peserta")
    return pd.DataFrame(
        {
            "contender": "model",
            "origin": np.repeat(origins, n),
            "kpm_id": [f"k{number:015x}" for number in range(n)] * len(origins),
            "as_of": pd.to_datetime(np.repeat(origins, n)),
            "pendamping_id": [f"d{number % 6}" for number in range(n)] * len(origins),
            "way_out": way,
            "p_mandiri": 1 / (1 + np.exp(-(skill * risk + (1 - skill) * luck.normal(size=rows)))),
        }
    )


def judge(places, origin, skill=0.8, gate=GATE, seed=0):
    """Keep the evidence of a backtest as `learning.backtest` does."""
    found = predictions(skill, seed)
    paired = pd.DataFrame([{"contender": "model", "metric": "precision", "origin": "semua", **(gate or GATE)}])
    report = SimpleNamespace(
        predictions=found, paired=paired, best_rule="desil" if gate else None, capacity=0.1, horizon=4,
        origins=tuple(sorted(set(found["origin"]))),
    )  # fmt: skip
    return evidence.keep(places, report, origin)


def bundle(places, name, origin, **more):
    X, _ = material(n=3)
    card = {
        "sintetis": origin.sintetis, "as_of": origin.as_of.isoformat(), **origin.digests(), "label": origin.label(),
        "recipe": origin.recipe.model_dump(), "features": list(X.columns), "dictionary": {}, **more,
    }  # fmt: skip
    return stores.save_bundle(fitted(), places.models / name, card)


@pytest.fixture
def office(tmp_path, monkeypatch):
    monkeypatch.delenv(signing.KEY_FILE, raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(stores, "open_store", lambda folder: SimpleNamespace(sintetis=False))
    return Places(tmp_path)


@pytest.fixture
def champion(monkeypatch):
    """Pretend that a bundle of this recipe is champion."""

    def crown(origin, name="juara", digest="x"):
        tags = {"bundle": name, "bundle_sha256": digest, "recipe_digest": origin.recipe_digest,
                "program": origin.program, "sintetis": str(origin.sintetis).lower()}  # fmt: skip
        monkeypatch.setattr(registry, "champion", lambda folder, uri=None: registry.Registered("1", tags))
        monkeypatch.setattr(registry, "register", lambda folder, **of: registry.Registered("2", of["tags"]))
        moved = []
        monkeypatch.setattr(
            registry, "move_champion", lambda folder, version, **of: moved.append((version, of["tags"]))
        )
        return moved

    return crown


def refusal(office, name="baru", **more):
    with pytest.raises(promoting.PromotionError) as told:
        promoting.promote(office, name, **more)
    return str(told.value)


def test_without_a_backtest_there_is_no_champion(office):
    bundle(office, "baru", provenance())
    assert "no backtest of its recipe" in refusal(office)
    judge(office, provenance(records_digest="s" * 64))
    judge(office, provenance(features_version="g" * 64))
    judge(office, provenance(OTHER))
    assert "no backtest of its recipe" in refusal(office)


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (None, "no rule of practice"),
        ({**GATE, "low": float("nan")}, "no resamples"),
        ({**GATE, "low_pendamping": -0.001}, r"begins at -0.0010"),
        ({**GATE, "low": 0.0}, r"begins at +0.0000"),
    ],
)
def test_practice_must_be_beaten_for_certain(office, gate, said):
    bundle(office, "baru", provenance())
    judge(office, provenance(), gate=gate)
    assert said in refusal(office)


def test_a_made_up_model_never_serves_real_families(office, champion):
    bundle(office, "baru", provenance(sintetis=True))
    judge(office, provenance(sintetis=True))
    assert "made-up records" in refusal(office)


def test_a_worse_list_is_refused_and_a_better_one_becomes_champion(office, champion):
    moved = champion(provenance(OTHER))
    bundle(office, "baru", provenance())
    judge(office, provenance(), skill=0.1)
    judge(office, provenance(OTHER), skill=0.8)
    said = refusal(office)
    assert "may be worse than the champion's" in said and not moved
    shutil.rmtree(evidence.folder_of(office))
    judge(office, provenance(), skill=0.8)
    judge(office, provenance(OTHER), skill=0.1)
    figures = promoting.promote(office, "baru")
    assert figures["comparison"]["low"] > 0 and figures["champion_before"] == "juara"
    assert [version for version, _ in moved] == ["2"] and float(moved[0][1]["difference_low"]) > 0


def test_how_much_may_be_lost_is_said_by_the_caller(office, champion):
    champion(provenance(OTHER))
    bundle(office, "baru", provenance())
    judge(office, provenance(), skill=0.45)
    judge(office, provenance(OTHER), skill=0.5)
    assert "at most 0.0000 may be lost" in refusal(office, margin=0.0)
    assert promoting.promote(office, "baru", margin=0.2)["promoted"] == "baru"


def test_the_same_recipe_on_newer_records_is_no_worse_than_itself(office, champion):
    moved = champion(provenance())
    bundle(office, "baru", provenance())
    judge(office, provenance())
    assert promoting.promote(office, "baru", margin=0.0)["comparison"]["difference"] == 0 and moved


def test_lists_on_other_families_are_no_comparison(office, champion):
    champion(provenance(OTHER))
    bundle(office, "baru", provenance())
    judge(office, provenance())
    assert "nowhere here" in refusal(office)
    judge(office, provenance(OTHER, records_digest="s" * 64), seed=1)
    assert "on other data only" in refusal(office)


def test_a_real_champion_is_not_followed_by_a_made_up_one(office, champion, monkeypatch):
    monkeypatch.setattr(stores, "open_store", lambda folder: SimpleNamespace(sintetis=True))
    champion(provenance(OTHER))
    bundle(office, "baru", provenance(sintetis=True))
    judge(office, provenance(sintetis=True))
    assert "champion was fitted on real records" in refusal(office)


def test_another_program_is_noted(office, champion):
    champion(provenance(OTHER, program="q" * 64))
    bundle(office, "baru", provenance())
    judge(office, provenance())
    judge(office, provenance(OTHER))
    assert "another version of the estimators" in promoting.promote(office, "baru")["notes"][0]


def test_changed_predictions_and_unsound_bundles_are_refused(office, champion):
    champion(provenance(OTHER))
    folder = bundle(office, "baru", provenance())
    judge(office, provenance())
    kept = judge(office, provenance(OTHER))
    path = kept.folder / f"{kept.name}.parquet"
    predictions(0.9).to_parquet(path)
    with pytest.raises(evidence.EvidenceError, match="was changed after its backtest"):
        promoting.promote(office, "baru")
    (folder / "card.json").write_text("{}")
    with pytest.raises(stores.BundleError):
        promoting.promote(office, "baru")
    with pytest.raises(FileNotFoundError, match="no bundle lain"):
        promoting.promote(office, "lain")


def test_an_old_card_is_refused_with_what_it_lacks(office):
    stores.save_bundle(fitted(), office.models / "baru", {"sintetis": False})
    assert "records_digest" in refusal(office)


def test_the_same_backtest_lies_in_the_same_place_and_holds_no_more_than_needed(office):
    first, again = judge(office, provenance()), judge(office, provenance())
    assert first.name == again.name and len(evidence.find(office)) == 1
    assert set(first.predictions().columns) == {"origin", "kpm_id", "as_of", "pendamping_id", "way_out", "p_mandiri"}
    assert evidence.find(office, recipe_digest="lain") == []


def test_folds_are_the_same_whatever_the_order_of_rows():
    one = predictions(0.5)
    mixed = one.sample(frac=1, random_state=1)
    assert folds_digest(one) == folds_digest(mixed)
    assert folds_digest(one) != folds_digest(predictions(0.5, seed=1))
    with pytest.raises(ValueError, match="other families"):
        compare_rivals(one, predictions(0.5, seed=1), capacity=0.1, n_boot=5)


def test_a_rivalry_is_antisymmetric_and_needs_no_order():
    weak, strong = predictions(0.3), predictions(0.9)
    there = compare_rivals(weak, strong, capacity=0.1, n_boot=60)
    back = compare_rivals(strong.sample(frac=1, random_state=2), weak, capacity=0.1, n_boot=60)
    assert there.low < there.difference < there.high and there.low > 0
    assert back.difference == pytest.approx(-there.difference)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


def test_verify_tells_sound_from_unsound(office, tmp_path):
    bundle(office, "baik", provenance())
    shutil.copytree(office.models / "baik", office.models / "rusak")
    content = bytearray((office.models / "rusak" / "model.skops").read_bytes())
    content[100] ^= 1
    (office.models / "rusak" / "model.skops").write_bytes(bytes(content))
    told = promoting.verify(office)
    assert told["bundles"]["baik"]["sound"] and not told["bundles"]["rusak"]["sound"] and not told["sound"]
    assert "model.skops" in told["bundles"]["rusak"]["reason"]
    key = tmp_path / "kunci"
    key.write_bytes(b"k" * 32)
    assert "not signed" in promoting.verify(office, name="baik", key_file=key)["bundles"]["baik"]["reason"]
    with pytest.raises(FileNotFoundError):
        promoting.verify(office, name="tidak ada")


def test_only_the_promotion_moves_the_alias():
    """In the whole package the alias is set in one place, and that place is called from one."""
    room = Path(stores.__file__).resolve().parents[1]
    sources = {path.name: path.read_text(encoding="utf-8") for path in room.rglob("*.py")}
    assert [name for name, text in sources.items() if "set_registered_model_alias" in text] == ["registry.py"]
    assert sorted(name for name, text in sources.items() if "move_champion(" in text) == ["promoting.py", "registry.py"]


def test_commands(office):
    from typer.testing import CliRunner

    from pkh_graduation.cli.app import app

    bundle(office, "baru", provenance())

    def say(*words):
        return CliRunner().invoke(app, ["bundles", *words])

    plain = say("--out", str(office.out), "--json")
    assert plain.exit_code == 0 and json.loads(plain.stdout.splitlines()[-1])["count"] == 1
    assert say("list", "--out", str(office.out), "--json").stdout == plain.stdout
    assert say("verify", "baru", "--out", str(office.out)).exit_code == 0
    assert say("promote", "../baru", "--out", str(office.out)).exit_code == 2
    assert say("--out", str(office.out), "verify").exit_code == 2
    refused = say("promote", "baru", "--out", str(office.out))
    assert refused.exit_code == 1 and "no backtest of its recipe" in refused.stderr
    (office.models / "baru" / "card.json").write_text("{}")
    assert say("verify", "--out", str(office.out)).exit_code == 1
