"""A bundle is loaded whole and unchanged, or not at all, with the reason said."""

import ast
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fitted_models import fitted, material

from pkh_graduation import stores
from pkh_graduation.stores import bundles, signing, skops_files
from pkh_graduation.stores.allowed_types import ALLOWED, ATTRIBUTES
from pkh_graduation.stores.tree_checks import TreeError, check_nodes, check_trees

CARD = {"sintetis": True, "features": ["w", "punya_usaha", "komp_habis_hari", "komp_abadi"]}
ROOM = Path(stores.__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(signing.KEY_FILE, raising=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "satu"
    return stores.save_bundle(fitted(), folder, CARD, documents={"model_card.id.md": "# Kartu\n"})


@pytest.fixture
def copy(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "salinan"))


def forge(folder, **files):
    """Change files and write a manifest that fits, as whoever may write into the folder can."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    kept = [path for path in folder.iterdir() if path.name not in (bundles.MANIFEST, bundles.SIGNATURE)]
    (folder / bundles.MANIFEST).write_bytes(signing.write_manifest({p.name: p.read_bytes() for p in kept}))


def forged_schema(content, change):
    """The same skops file with another description."""
    box = zipfile.ZipFile(io.BytesIO(content))
    schema = json.loads(box.read("schema.json"))
    change(schema)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in box.namelist():
            new.writestr(name, json.dumps(schema) if name == "schema.json" else box.read(name))
    return out.getvalue()


def test_what_was_saved_is_what_is_loaded(whole):
    X, _ = material()
    loaded = stores.load_bundle(whole, sintetis=True)
    before, after = fitted().predict_incidence(X, 4), loaded.model.predict_incidence(X, 4)
    assert np.array_equal(before.path, after.path) and np.array_equal(before.margin, after.margin)
    assert loaded.card["format"] == bundles.FORMAT and loaded.card["features"] == CARD["features"]
    assert stores.read_sealed(whole).files["model_card.id.md"] == b"# Kartu\n"


def test_the_same_model_gives_the_same_card_and_documents_and_replaces_an_earlier_bundle(whole, copy):
    again = stores.save_bundle(fitted(), copy, CARD)
    assert (again / "card.json").read_bytes() == (whole / "card.json").read_bytes()
    assert {path.name for path in again.iterdir()} == {"model.skops", "card.json", "manifest.json"}


@pytest.mark.parametrize("blend", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("events", [True, False])
def test_every_kind_of_model_is_made_of_types_on_our_list(blend, events):
    assert skops_files.foreign_nodes(skops_files.dump_model(fitted(blend, events))) == []


def test_nothing_is_on_the_list_without_need():
    """A type that no model holds any more must go; one that a dependency adds fails the test above."""
    found = set()
    for blend in (0.0, 0.5, 1.0):
        found |= set(skops_files.nodes(skops_files.read_schema(skops_files.dump_model(fitted(blend)))))
    assert found == set(ALLOWED)
    assert all(len(reason) > 8 for reason in ALLOWED.values())


def held_by_our_own(schema):
    """(type, names of what it holds) of every object of ours in a description, found by plain recursion."""
    if isinstance(schema, list):
        return [pair for one in schema for pair in held_by_our_own(one)]
    if not isinstance(schema, dict):
        return []
    name = f"{schema.get('__module__')}.{schema.get('__class__')}"
    own = [(name, set(schema["content"]["content"]))] if name.startswith("pkh_graduation.") else []
    return own + held_by_our_own(list(schema.values()))


def test_what_our_own_objects_always_hold_is_listed():
    """Whoever gives a fitted object another attribute meets this test: files that lack it are then refused in words."""
    found = {}
    for blend, events in [(0.0, True), (0.5, True), (1.0, True), (0.5, False)]:
        schema = skops_files.read_schema(skops_files.dump_model(fitted(blend, events)))
        for name, held in held_by_our_own(schema):
            found[name] = found.get(name, held) & held
    assert found == ATTRIBUTES


def test_a_model_of_an_earlier_program_is_refused_with_what_to_do(copy):
    def forget(schema):
        schema["content"]["content"]["calendar_"]["content"]["content"].pop("has_clock_")

    forge(copy, model__skops=forged_schema((copy / "model.skops").read_bytes(), forget))
    with pytest.raises(stores.BundleError, match=r"ComponentCalendar\.has_clock_ missing\): train again"):
        stores.load_bundle(copy, sintetis=True)


def test_types_that_skops_trusts_by_itself_are_not_ours():
    from sklearn.linear_model import LogisticRegression

    X, _ = material()
    other = LogisticRegression().fit(X[["w"]], X["punya_usaha"])
    with pytest.raises(skops_files.ModelFileError, match="LogisticRegression"):
        skops_files.dump_model(other)


SIXTY = 60


def test_random_byte_flips_are_refused(whole, tmp_path):
    """A thousand are tried by benchmarks/bundle_flips.py."""
    rng = np.random.default_rng(0)
    files = sorted(path.name for path in whole.iterdir())
    for case in range(SIXTY):
        folder = Path(shutil.copytree(whole, tmp_path / str(case)))
        path = folder / files[case % len(files)]
        content = bytearray(path.read_bytes())
        content[rng.integers(len(content))] ^= int(rng.integers(1, 256))
        path.write_bytes(bytes(content))
        with pytest.raises(stores.BundleError, match=r"refused|missing or was changed|does not name|lacks"):
            stores.load_bundle(folder, sintetis=True)


@pytest.mark.parametrize("name", ["model.skops", "card.json", "manifest.json", "model_card.id.md"])
@pytest.mark.parametrize("keep", [0, 0.5, None])
def test_a_truncated_or_missing_file_is_refused(copy, name, keep):
    path = copy / name
    content = path.read_bytes()
    path.unlink() if keep is None else path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(stores.BundleError):
        stores.load_bundle(copy, sintetis=True)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "more.json", "sub"])
def test_what_the_manifest_does_not_name_is_refused(copy, name):
    (copy / name).mkdir() if name == "sub" else (copy / name).write_bytes(b"\x80\x04.")
    with pytest.raises(stores.BundleError, match="does not name"):
        stores.load_bundle(copy, sintetis=True)


def test_a_manifest_cannot_name_a_pickle_or_a_path(copy):
    forge(copy, model__pkl=b"\x80\x04.")
    with pytest.raises(stores.BundleError, match=r"model\.pkl"):
        stores.load_bundle(copy, sintetis=True)
    hashes = json.loads((copy / "manifest.json").read_text())
    del hashes["model.pkl"]
    (copy / "model.pkl").unlink()
    (copy / "manifest.json").write_bytes(signing._spell({**hashes, "../card.json": hashes["card.json"]}))
    with pytest.raises(stores.BundleError, match="not a bundle of ours"):
        stores.load_bundle(copy, sintetis=True)


def test_a_link_is_no_file_of_a_bundle(copy, whole):
    (copy / "model.skops").unlink()
    (copy / "model.skops").symlink_to(whole / "model.skops")
    with pytest.raises(stores.BundleError, match=r"model\.skops"):
        stores.load_bundle(copy, sintetis=True)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"format": 3}, "bundle format 3"),
        ({"format": None}, "bundle format None"),
        ({"sklearn": "0.24.1"}, r"scikit-learn 0\.24\.1"),
        ({"sklearn": None}, "scikit-learn None"),
        ({"pkh_graduation": "99.0.0"}, r"pkh_graduation 99\.0\.0"),
        ({"sintetis": "no"}, "not a bundle of ours"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(copy, card, said):
    known = json.loads((copy / "card.json").read_text())
    forge(copy, card__json=bundles._spell({**known, **card}))
    with pytest.raises(stores.BundleError, match=said):
        stores.load_bundle(copy, sintetis=True)


def test_another_version_can_be_allowed(copy):
    known = json.loads((copy / "card.json").read_text())
    forge(copy, card__json=bundles._spell({**known, "sklearn": "0.24.1"}))
    assert stores.load_bundle(copy, sintetis=True, allow_version_skew=True).card["sklearn"] == "0.24.1"


def test_bundles_of_the_first_format_are_still_read(copy):
    known = json.loads((copy / "card.json").read_text())
    (copy / "model_card.id.md").unlink()
    forge(copy, card__json=bundles._spell({**{k: v for k, v in known.items() if k != "pkh_graduation"}, "format": 1}))
    assert stores.load_bundle(copy, sintetis=True).card["format"] == 1


def test_made_up_models_stay_with_made_up_records(whole):
    with pytest.raises(stores.BundleError, match="made-up"):
        stores.load_bundle(whole, sintetis=False)
    assert stores.load_bundle(whole, sintetis=False, force=True).card["sintetis"] is True


@pytest.mark.parametrize(
    ("loader", "module", "name"),
    [
        ("ObjectNode", "builtins", "eval"),
        ("FunctionNode", "os", "system"),
        ("TypeNode", "builtins", "object"),
        ("ObjectNode", "pkh_graduation.estimators.practice", "Acak"),
        ("OperatorFuncNode", "operator", "methodcaller"),
        ("MethodNode", "builtins", "str"),
    ],
)
def test_a_foreign_type_is_refused_even_with_a_manifest_that_fits(copy, loader, module, name):
    def change(schema):
        schema["content"]["content"]["random_state"] = {
            "__loader__": loader, "__module__": module, "__class__": name, "content": [],
        }  # fmt: skip

    forge(copy, model__skops=forged_schema((copy / "model.skops").read_bytes(), change))
    with pytest.raises(stores.BundleError, match=rf"does not trust.*{name}"):
        stores.load_bundle(copy, sintetis=True)


def test_another_format_of_skops_and_a_compressed_file_are_refused(copy):
    content = (copy / "model.skops").read_bytes()
    forge(copy, model__skops=forged_schema(content, lambda schema: schema.update(protocol=0)))
    with pytest.raises(stores.BundleError, match="skops format 0"):
        stores.load_bundle(copy, sintetis=True)
    import skops.io

    forge(copy, model__skops=skops.io.dumps(fitted(), compression=zipfile.ZIP_DEFLATED))
    with pytest.raises(stores.BundleError, match="compressed"):
        stores.load_bundle(copy, sintetis=True)
    forge(copy, model__skops=b"\x80\x04.")
    with pytest.raises(stores.BundleError, match="no skops file"):
        stores.load_bundle(copy, sintetis=True)


BAD_NODES = {
    "before or at itself": {"left": 0},
    "child that is not there": {"right": 10**6},
    "feature that is not there": {"feature_idx": 4},
    "asks for a category": {"is_categorical": 1},
    "as a threshold": {"num_threshold": np.nan},
    "as a value": {"value": np.inf},
    "neither leaf nor split": {"is_leaf": 7},
}


@pytest.mark.parametrize("said", BAD_NODES)
def test_a_tree_that_leads_outside_is_refused(said):
    nodes = fitted().mandiri_.trees_[0]._predictors[0][0].nodes.copy()
    check_nodes(nodes, 4)
    for field, value in BAD_NODES[said].items():
        nodes[0][field] = value
    with pytest.raises(TreeError, match=said):
        check_nodes(nodes, 4)


def test_every_tree_of_a_bundle_is_walked(copy):
    model = stores.load_bundle(copy, sintetis=True).model
    trees = [tree for member in (*model.mandiri_.trees_, *model.administratif_.trees_) for tree in member._predictors]
    assert check_trees(model) == len(trees) > 10
    trees[-1][0].nodes["left"][0] = 0
    forge(copy, model__skops=skops_files.dump_model(model))
    with pytest.raises(stores.BundleError, match="before or at itself"):
        stores.load_bundle(copy, sintetis=True)
    stray = model.mandiri_.trees_[0]._predictors[0][0]
    with pytest.raises(TreeError, match="outside its model"):
        check_trees({"pohon": stray})


def test_a_folder_that_is_no_bundle_is_not_overwritten(tmp_path):
    (tmp_path / "tesis.docx").write_text("penting")
    with pytest.raises(stores.BundleError, match=r"tesis\.docx"):
        stores.save_bundle(fitted(), tmp_path, CARD)
    assert (tmp_path / "tesis.docx").read_text() == "penting"
    with pytest.raises(stores.BundleError, match="sintetis"):
        stores.save_bundle(fitted(), tmp_path / "lain", {})
    with pytest.raises(stores.BundleError, match="beside its model"):
        stores.save_bundle(fitted(), tmp_path / "lain", CARD, documents={"../x.md": ""})


def test_the_list_says_what_is_broken_and_why(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "baik")
    (Path(shutil.copytree(whole, tmp_path / "rusak")) / "card.json").write_text("{}")
    found = dict(stores.list_bundles(tmp_path))
    assert found["baik"]["signature"] == "unsigned"
    assert found["rusak"]["broken"] and "card.json" in found["rusak"]["reason"]


def test_pickle_and_joblib_files_are_never_opened():
    """No module of the package calls a loader of pickles, and numpy is never allowed one."""
    forbidden = {("pickle", "load"), ("pickle", "loads"), ("joblib", "load"), ("cloudpickle", "load"),
                 ("cloudpickle", "loads"), ("dill", "load"), ("pd", "read_pickle"), ("pandas", "read_pickle")}  # fmt: skip
    calls = 0
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                calls += 1
                assert (node.value.id, node.attr) not in forbidden, path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, path
    assert calls > 1000
