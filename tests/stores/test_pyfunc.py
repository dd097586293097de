"""A bundle as an MLflow model: the same figures as the model itself, with interval and reasons; nothing pickled."""

import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fitted_models import fitted, material

from pkh_graduation import stores
from pkh_graduation.stores import signing, tracking
from pkh_graduation.stores.pyfunc_code import scorer_of
from pkh_graduation.workflows import serving

LINE = {"theme": "usaha", "unit": "0/1", "meaning_id": "arti", "meaning_en": "meaning", "lever": False, "sign": 0,
        "source": "usaha", "window": None, "model": True}  # fmt: skip
THEMES = {"w": "kesejahteraan", "punya_usaha": "usaha", "komp_habis_hari": "komponen", "komp_abadi": "komponen"}


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(signing.KEY_FILE, raising=False)


def dictionary():
    return {name: {**LINE, "theme": theme, "meaning_id": f"arti {name}"} for name, theme in THEMES.items()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    X, _ = material(n=3)
    card = {"sintetis": True, "features": list(X.columns), "dictionary": dictionary(), "label": {"horizon": 4}}
    return stores.save_bundle(fitted(members=3), tmp_path_factory.mktemp("bundel") / "uji", card)


@pytest.fixture
def table():
    X, _ = material(n=40)
    plain = X.reset_index()
    return plain.assign(as_of=plain["as_of"].dt.date.astype(str), pagar_keberatan=0.0).drop(columns="kpm_id")


@pytest.fixture
def scorer(bundle, monkeypatch):
    class Shows:
        def shows(self, name):
            return True

    from pkh_graduation.explanations import reasons

    real = reasons.read_phrasebook("id")
    monkeypatch.setattr(type(real), "shows", lambda self, name: True)
    monkeypatch.setattr(reasons, "_sentences", lambda cards, *rest: [""] * len(cards))
    return serving.Scorer(bundle)


def test_figures_are_those_of_the_model(scorer, table):
    X, _ = material(n=40)
    said = scorer(table, buatan=True)
    scores = fitted(members=3).predict_incidence(X, 4)
    assert list(said.columns) == serving.output_columns()
    assert np.array_equal(said[[f"p_{state}" for state in scores.frame]].to_numpy(), scores.frame.to_numpy())
    assert np.array_equal(said["p_mandiri_bawah"].to_numpy(dtype=float), scores.low)
    assert (said["p_mandiri_bawah"] <= said["p_mandiri"]).all() and (said["p_mandiri"] <= said["p_mandiri_atas"]).all()


def test_reasons_follow_the_rules_and_name_their_meaning(scorer, table):
    said = scorer(table, buatan=True)
    assert (said["mendukung_1"] != "").any() and (said["menahan_1"] != "").any()
    for side, sign in (("mendukung", 1), ("menahan", -1)):
        first = said[said[f"{side}_1"] != ""]
        assert (np.sign(first[f"{side}_1_kontribusi"].astype(float)) == sign).all()
        assert (first[f"{side}_1_arti"] == "arti " + first[f"{side}_1"]).all()
        second = said[said[f"{side}_2"] != ""]
        assert (second[f"{side}_1_kontribusi"].abs() >= second[f"{side}_2_kontribusi"].abs()).all()
    bare = scorer(table, buatan=True, jelaskan=False)
    assert (bare[[f"{word}_arti" for word in serving.WORDS]] == "").all().all()
    pd.testing.assert_frame_equal(bare[list(serving.FIGURES)], said[list(serving.FIGURES)])


def test_a_row_does_not_depend_on_the_other_rows(scorer, table):
    whole = scorer(table, buatan=True)
    some = table.sample(n=25, random_state=0)
    pd.testing.assert_frame_equal(scorer(some, buatan=True), whole.loc[some.index], check_exact=True)


def test_an_objecting_family_gets_nothing_nor_one_of_whom_nobody_knows(scorer, table):
    for said_of_a_third in (1.0, np.nan, "ya", None):
        objects = np.arange(len(table)) % 3 == 0
        column = pd.Series([said_of_a_third if one else 0.0 for one in objects], index=table.index)
        said = scorer(table.assign(pagar_keberatan=column), buatan=True)
        assert (said[objects].isna() | (said[objects] == "")).all().all() and said.loc[
            ~objects, "p_mandiri"
        ].notna().all()
        pd.testing.assert_frame_equal(said[~objects], scorer(table, buatan=True)[~objects])
    assert len(scorer(table.iloc[:0], buatan=True)) == 0
    with pytest.raises(serving.ServingError, match="who objects to profiling"):
        scorer(table.drop(columns="pagar_keberatan"), buatan=True)


def test_what_cannot_be_judged_is_said_and_no_value_is_shown(scorer, table):
    with pytest.raises(serving.ServingError, match="made-up records"):
        scorer(table)
    with pytest.raises(serving.ServingError, match="punya_usaha"):
        scorer(table.drop(columns="punya_usaha"), buatan=True)
    for column, value in (("as_of", "Siti Aminah"), ("w", "Jalan Melati 5")):
        bad = table.astype({column: "object"})
        bad.loc[3, column] = value
        with pytest.raises(serving.ServingError) as told:
            scorer(bad, buatan=True)
        assert value not in str(told.value) and told.value.__cause__ is None


def test_only_scorers_of_ours_are_called(bundle):
    for name in ("os:system", "pkh_graduation.workflows.serving", "pkh_graduation.workflows.serving:__import__('os')"):
        with pytest.raises(ValueError, match="no scorer of this package"):
            scorer_of(name, str(bundle))


@pytest.fixture(scope="module")
def saved(bundle, tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return serving.write_pyfunc(bundle, tmp_path_factory.mktemp("mlflow") / "pyfunc", stores.read_card(bundle))


def test_mlflow_loads_it_and_gives_the_same(saved, scorer, table):
    mlflow_pyfunc = tracking.quiet_pyfunc()
    model = mlflow_pyfunc.load_model(str(saved))
    said = model.predict(table, params={"buatan": True})
    expected = scorer(table, buatan=True)
    pd.testing.assert_frame_equal(said[list(serving.FIGURES)], expected[list(serving.FIGURES)])
    with pytest.raises(serving.ServingError, match="made-up"):
        model.predict(table)


def test_nothing_is_pickled_and_no_row_is_written(saved):
    files = [path for path in saved.rglob("*") if path.is_file()]
    assert not [path.name for path in files if path.suffix in (".pkl", ".pickle", ".joblib", ".cloudpickle")]
    assert not [path.name for path in files if "example" in path.name]
    assert "pyfunc_code.py" in [path.name for path in files]


def test_a_moved_model_loads_and_a_changed_one_does_not(saved, tmp_path, table):
    mlflow_pyfunc = tracking.quiet_pyfunc()
    moved = Path(shutil.copytree(saved, tmp_path / "lain"))
    assert len(mlflow_pyfunc.load_model(str(moved)).predict(table, params={"buatan": True, "jelaskan": False})) == len(
        table
    )
    model = next(moved.rglob("model.skops"))
    content = bytearray(model.read_bytes())
    content[len(content) // 3] ^= 4
    model.write_bytes(bytes(content))
    with pytest.raises(stores.BundleError, match=r"model\.skops"):
        mlflow_pyfunc.load_model(str(moved))


@pytest.mark.spark
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.filterwarnings("ignore")  # pyspark 4.3 warns of pandas 3 at every step; both are outside our reach
def test_spark_gives_the_same(saved, table, monkeypatch):
    """Also with a batch per partition, and a worker that imports everything anew."""
    from pkh_graduation.engines import SparkEngine

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    mlflow_pyfunc = tracking.quiet_pyfunc()
    here = mlflow_pyfunc.load_model(str(saved)).predict(table, params={"buatan": True})
    plain = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    with SparkEngine("local[2]", settings={**plain, "spark.sql.shuffle.partitions": "2"}) as engine:
        spark = engine._open()
        judge = mlflow_pyfunc.spark_udf(spark, str(saved), env_manager="local", params={"buatan": True})
        rows = spark.createDataFrame(table.assign(nomor=range(len(table)))).repartition(2)
        names = mlflow_pyfunc.load_model(str(saved)).metadata.get_input_schema().input_names()
        asked = rows.withColumn("hasil", judge(*names)).select("nomor", "hasil.*")
        told = asked.toArrow().to_pandas().sort_values("nomor").reset_index(drop=True)
    for column in serving.output_columns():
        if column in serving.FIGURES or column.endswith("_kontribusi"):
            np.testing.assert_array_equal(told[column].to_numpy(dtype=float), here[column].to_numpy(dtype=float))
        else:
            assert told[column].tolist() == here[column].tolist()
