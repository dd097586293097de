"""The whole river on 2,000 made-up families: what comes out, that it comes out again, and that nothing leaks into it."""

import datetime as dt
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits
from typer.testing import CliRunner

from pkh_graduation import priorities, stores, timeline
from pkh_graduation.cli.app import app
from pkh_graduation.contracts import Quarantine, Records
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.workflows import featuring, listing, scoring
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Lists, Recipe

AS_OF = dt.date(2026, 12, 31)
SETTINGS = "[recipe]\nhistory_tahap = 11\norigins = 2\nmembers = 2\nbootstrap = 40\n"
runner = CliRunner()


def run_demo(out: Path) -> dict[str, Any]:
    out.mkdir(parents=True, exist_ok=True)
    settings = out.parent / "pkh.toml"
    settings.write_text(SETTINGS)
    words = ["demo", "--preset", "mini", "--seed", "7", "--out", str(out), "--settings", str(settings), "--json"]
    done = runner.invoke(app, words)
    assert done.exit_code == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> tuple[Places, dict[str, Any]]:
    out = tmp_path_factory.mktemp("sungai") / "a"
    return Places(out), run_demo(out)


@pytest.fixture(scope="module")
def records(river: tuple[Places, dict[str, Any]]) -> Records:
    return stores.read_store(river[0].store)


def test_figures(river):
    places, figures = river
    for name in (
        "kpm", "pendamping", "lists", "rows_in", "rows_accepted", "rows_quarantined", "n_features", "auc_mandiri", "auc_oracle",
        "precision_at_quota", "best_rule", "best_rule_precision_at_quota", "seconds", "report", "index",
    ):  # fmt: skip
        assert name in figures
    assert figures["rows_in"] == figures["rows_accepted"] + figures["rows_quarantined"]
    assert 0 < figures["rows_quarantined"] < 0.05 * figures["rows_in"]
    assert figures["n_features"] >= 80
    assert figures["lists"] == figures["pendamping"] >= 5
    for folder in (places.records, places.store, places.vault, places.lists, places.truth):
        assert any(folder.iterdir()), folder
    assert Path(figures["report"]).is_file()
    assert Path(figures["index"]).is_file()
    assert (places.report / "metrics.json").is_file()
    assert (places.mlflow / "mlflow.db").is_file()


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (["features", "--as-of", "2010-T1"], "", "there is no training date: exits are recorded since"),
        (["lists", "--as-of", "2010-T1"], "", "the model was fitted on what was known on 2026-12-31"),
        (["score", "--as-of", "2026-T3"], "", "Score a later date, or train a model at that one"),
        (["lists", "--as-of", "2031-T4"], "", "the records in .* end on 2026-12-"),
        (["lists", "--as-of", "2031-T4", "--without-model"], "", "the records in .* end on 2026-12-"),
        (["lists", "--as-of", "2010-T1", "--without-model"], "", "no family in .* has a pendamping on 2010-03-31"),
        (
            ["score", "--as-of", "2026-T4"],
            "[recipe]\nhorizon = 6\n",
            "looks 4 quarters ahead, recipe.horizon asks for 6",
        ),
        (["lists", "--as-of", "2026-T4"], '[lists]\nlanguage = "fr"\n', "no sentences in language 'fr'"),
        (["quarantine", "--raw", "x"], "", "go with --return"),
        (["quarantine", "--fill", "a=b", "--return", "x"], "", "go with --raw"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason_and_the_lists_stay(river, tmp_path, words, settings, said):
    places, _ = river
    before = {path: path.read_bytes() for path in places.lists.rglob("*") if path.is_file()}
    if settings:
        file = tmp_path / "pkh.toml"
        file.write_text(settings)
        words = [*words, "--settings", str(file)]
    done = runner.invoke(app, [*words, "--out", str(places.out)])
    assert done.exit_code in (1, 2)
    assert re.search(said, done.stderr), done.stderr
    assert {path: path.read_bytes() for path in places.lists.rglob("*") if path.is_file()} == before


def test_the_backtest_audits_the_list_by_group(river):
    places, _ = river
    told = json.loads((places.report / "metrics.json").read_text())["fairness_audit"]
    assert len({line["axis"] for line in told}) >= 8
    exposure = [line for line in told if line["metric"] == "exposure" and line["axis"] == told[0]["axis"]]
    judged = pd.read_parquet(places.report / "predictions.parquet")
    last = judged[(judged["contender"] == "model") & (judged["origin"] == judged["origin"].max())]
    assert sum(line["denominator"] for line in exposure) == len(last)
    ratios = json.loads((places.report / "metrics.json").read_text())["fairness_ratios"]
    assert {line["axis"] for line in ratios} == {line["axis"] for line in told}
    assert all(line["low"] <= line["value"] <= line["high"] for line in ratios if line["value"] is not None)
    words = {"id": ("angka diperiksa", "perbandingan"), "en": ("figures were looked at", "comparisons")}
    for language, said in words.items():
        card = (places.report / f"model_card.{language}.html").read_text()
        assert all(word in card for word in said)


def test_nothing_is_better_than_the_truth(river):
    """A model above the household-only oracle knows something it cannot know."""
    _, figures = river
    assert 0.5 < figures["auc_oracle_household"] <= figures["auc_oracle"] + 2 * figures["auc_oracle_household_se"]
    assert figures["auc_mandiri"] <= figures["auc_oracle_household"] + 2 * figures["auc_oracle_household_se"]


def test_again_and_the_same_bytes(river, office):
    """In another process, time zone and language, and without network."""
    places, figures = river
    here = {name for name in figures if str(places.out) in str(figures[name])} | {"seconds"}
    assert {name: value for name, value in office.figures.items() if name not in here} == {
        name: value for name, value in figures.items() if name not in here
    }
    files = sorted(p.relative_to(places.lists) for p in places.lists.rglob("*") if p.is_file())
    assert len(files) > 2 * figures["pendamping"]
    for file in files:
        assert (places.lists / file).read_bytes() == (office.places.lists / file).read_bytes(), file


def test_identifiers_stay_in_the_vault_and_on_the_list(river):
    """NIK, No KK and phone numbers nowhere outside raw exports and the sealed vault; names on the owner's list only."""
    places, _ = river
    vault = stores.read_vault(places.vault)
    numbers = {str(v) for name in ("nik_pengurus", "no_kk", "no_hp") for v in vault[name].dropna()}
    names = [str(v).encode() for v in vault["nama_pengurus"].dropna().unique()[:50]]
    assert len(numbers) > 4000
    outside = [p for p in places.out.rglob("*") if p.is_file() and "records" not in p.relative_to(places.out).parts]
    assert len(outside) > 50
    for path in outside:
        content = content_of(path)
        digits = {found.decode() for found in re.findall(rb"\d{9,16}", content)}
        assert not digits & numbers, path
        if not ("pendamping" in path.parts and path.suffix in (".html", ".xlsx")):
            assert not any(name in content for name in names), path


def test_pages_tell_dates_in_words(river):
    places, _ = river
    for path in places.lists.rglob("*.html"):
        page = re.sub(r"<(script|style).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.S)
        seen = re.sub(r"<[^>]*>", " ", page)
        assert "31 Desember 2026" in seen
        assert not re.findall(r"(?<![\w-])\d{4}-\d\d-\d\d", seen), path  # a bundle's name may hold one


def content_of(path: Path) -> bytes:
    """What a curious reader would find: Parquet decoded, workbooks unpacked."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv().encode()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return b"".join(book.read(name) for name in book.namelist())
    return path.read_bytes()


def shuffled_after(records: Records, day: int, rng: np.random.Generator) -> Records:
    """The same records, but what became known after ``day`` is shuffled among itself, column by column."""
    tables = {}
    clock = {"record_id", "known_day", "superseded_day"}
    for name, table in records.tables.items():
        later = np.flatnonzero(table["known_day"].to_numpy() > day)
        mixed = table.copy()
        for column in set(table.columns) - clock:
            values = table[column].array.copy()
            values[later] = values[rng.permutation(later)]
            mixed[column] = values
        tables[name] = mixed
    return replace(records, tables=tables)


def test_what_is_known_later_changes_no_score(river, records):
    places, _ = river
    as_of = dt.date(2025, 12, 31)
    bundle = stores.load_bundle(scoring.find_bundle(places.models, None), sintetis=True)

    def scores_of(some: Records) -> pd.DataFrame:
        now = timeline.take_snapshots(some, at=as_of)
        X, _ = featuring.build_features(some, now, facts=False)
        return scoring.scores_frame(bundle.model.predict_incidence(X[bundle.card["features"]], 4)).sort_index()

    mixed = shuffled_after(records, day_of(as_of), np.random.default_rng(1))
    pd.testing.assert_frame_equal(scores_of(records), scores_of(mixed), check_exact=True)


@pytest.mark.parametrize("as_of", ["2024-06-30", "2024-12-31", "2025-05-17", "2026-02-28", "2026-11-11"])
def test_features_are_those_of_the_records_cut_on_the_day(records, as_of):
    """Truncation invariance: every feature and every fact, bit for bit."""
    day = dt.date.fromisoformat(as_of)
    cut = timeline.cut(records, day_of(day))
    assert sum(map(len, cut.tables.values())) < sum(map(len, records.tables.values()))
    now, then = (timeline.take_snapshots(some, at=day) for some in (records, cut))
    pd.testing.assert_frame_equal(now.frame.sort_index(), then.frame.sort_index(), check_exact=True)
    X, facts = featuring.build_features(records, now)
    X_cut, facts_cut = featuring.build_features(cut, then)
    assert len(X) > 1000
    pd.testing.assert_frame_equal(X.sort_index(), X_cut.sort_index(), check_exact=True)
    pd.testing.assert_frame_equal(facts.values.sort_index(), facts_cut.values.sort_index(), check_exact=True)
    pd.testing.assert_frame_equal(facts.known.sort_index(), facts_cut.known.sort_index(), check_exact=True)
    assert int(facts.known.max().max()) <= day_of(day)


def test_parts_on_disk_hold_what_the_frames_give(river, records):
    """The run over the store's files, part by part, and the run over frames in memory: the same to the bit."""
    places, _ = river
    now = timeline.take_snapshots(records, at=AS_OF)
    X, facts = featuring.build_features(records, now)
    kept = [scoring.read_part(places, AS_OF, bucket) for bucket in featuring.part_names(places, AS_OF)]
    stored = pd.concat([part for part, _, _ in kept]).sort_index().astype("float64")
    pd.testing.assert_frame_equal(stored, X.sort_index()[stored.columns], check_exact=True, check_index_type=False)
    cohort = pd.concat([snapshots.frame for _, _, snapshots in kept]).sort_index()
    pd.testing.assert_frame_equal(cohort, now.frame.sort_index(), check_exact=True, check_index_type=False)
    exact = pd.concat([own.values for _, own, _ in kept]).sort_index()
    for name in priorities.NEEDED_FACTS:
        expected = facts.values[name].sort_index()
        pd.testing.assert_series_equal(
            exact[name].astype(expected.dtype), expected, check_exact=True, check_index_type=False
        )


def test_scores_do_not_depend_on_the_number_of_threads(river):
    places, _ = river
    bundle = stores.load_bundle(scoring.find_bundle(places.models, None), sintetis=True)
    X, _, now = scoring.read_part(places, AS_OF, featuring.part_names(places, AS_OF)[0])
    X = X[bundle.card["features"]]
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(scoring.score_frame(bundle.model, X, now.frame, horizon=4)[0])
    pd.testing.assert_frame_equal(*found, check_exact=True)


def test_lists_do_not_depend_on_the_buckets(river, records, tmp_path):
    """The same store in many buckets: the same places and chances, though caseloads cross them (sentences compare in a part)."""
    places, _ = river
    small = Places(tmp_path)
    nothing = Quarantine(
        pd.DataFrame(columns=Quarantine.COLUMNS),
        pd.DataFrame({name: [] for name in ("rows_in", "rows_accepted", "rows_quarantined")}),
    )
    half = records.tables["keluarga"]["kpm"] % 2 == 0
    moved = records.tables["keluarga"]["kode_wilayah"].where(
        ~half, "9902" + records.tables["keluarga"]["kode_wilayah"].str[4:]
    )
    first = records.tables["keluarga"].assign(kode_wilayah=moved)
    apart = replace(records, tables={**records.tables, "keluarga": first})
    about = {"watched_since": "2017-01-01"}
    whole = Places(tmp_path / "satu")
    # what looks at the whole cohort must not see the cut either: a promise that some keep, floors, a level set by policy
    asked = Lists(false_discovery=0.99, exposure_axis="kepala", expected_rate=0.04, expected_rate_source="contoh")
    for out, per_bucket in ((small, 300), (whole, 10**6)):
        stores.write_store(apart, nothing, out.store, per_bucket=per_bucket, about=about)
        recipe, options = Recipe(history_tahap=11), {"settings": asked, "models": places.models, "vault": False}
        listing.lists(out, as_of=AS_OF, recipe=recipe, **options)
    assert len(stores.open_store(small.store).buckets) > len(stores.open_store(whole.store).buckets) == 1

    def machine(out: Places) -> pd.DataFrame:
        parts = [pd.read_parquet(path) for path in sorted((out.lists / "daftar").glob("*.parquet"))]
        return pd.concat(parts).sort_values("kpm_id", ignore_index=True)

    left, right = machine(small), machine(whole)
    same = [name for name in left.columns if not name.startswith(("alasan", "penahan", "run_id", "list_id", "row_id"))]
    pd.testing.assert_frame_equal(left[same], right[same], check_exact=True)
    assert left["urutan"].notna().sum() > 100
    assert left["kategori"].nunique() == 3
    assert left["p_mandiri_12m"].mean() == pytest.approx(0.04, abs=1e-9)


def test_a_made_up_bundle_refuses_real_records(river):
    places, _ = river
    folder = scoring.find_bundle(places.models, None)
    with pytest.raises(stores.BundleError, match="made-up"):
        stores.load_bundle(folder, sintetis=False)
    assert stores.load_bundle(folder, sintetis=False, force=True).card["sintetis"] is True


def test_a_changed_bundle_is_refused(river, tmp_path):
    import shutil

    places, _ = river
    folder = shutil.copytree(scoring.find_bundle(places.models, None), tmp_path / "bundle")
    model = folder / "model.skops"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(bytes(content))
    with pytest.raises(stores.BundleError, match=r"model\.skops"):
        stores.load_bundle(folder, sintetis=True)


def test_the_bundle_holds_only_types_on_our_list(river):
    import skops.io

    places, _ = river
    types = skops.io.get_untrusted_types(file=scoring.find_bundle(places.models, None) / "model.skops")
    assert types
    assert all(stores.bundles.is_trusted(name) for name in types), types
