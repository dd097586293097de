"""Model bundles: a folder that holds a fitted model, how it was made, and the SHA-256 of each file; loads without any store.

Layout: ``model.skops`` (skops format, no pickle), ``card.json`` (recipe, feature names and dictionary digest, metrics, data
digest, versions, tags), ``manifest.json`` (file -> SHA-256). A bundle is only loaded when every hash agrees, when every type
inside is on our own list, and when scikit-learn has the version (major.minor) it was fitted with. A bundle fitted on made-up
records carries ``sintetis: true`` and refuses real records.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkh_graduation.stores.files import write_bytes, write_json

FORMAT = 1

OWN = "pkh_graduation.estimators."
TRUSTED_TYPES = (
    "sklearn._loss.link.Interval",  # bounds of a loss's link function: plain numbers
    "sklearn._loss.link.LogitLink",  # the logit, a stateless function object
    "sklearn._loss.loss.HalfBinomialLoss",  # the log loss, stateless but for a flag
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",  # thresholds of the histogram bins: arrays
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",  # the nodes of one tree: arrays
)
"""Types outside skops' own defaults that a bundle may hold, beside the estimators of this package. Each has its reason."""


class BundleError(ValueError):
    """A bundle is damaged, foreign, or not made for these records."""


@dataclass(frozen=True)
class Bundle:
    """A loaded model and its card."""

    model: Any
    card: Mapping[str, Any]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_bundle(model: Any, folder: Path, card: Mapping[str, Any]) -> Path:
    """Write a model and its card as a bundle; returns the folder.

    ``card`` must say whether the model was fitted on made-up records (``sintetis``).

    Raises:
        BundleError: the card lacks ``sintetis``.
    """
    import sklearn
    import skops.io

    if "sintetis" not in card:
        raise BundleError("a bundle's card must say whether it was fitted on made-up records: add 'sintetis'.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    write_bytes(folder / "model.skops", skops.io.dumps(model))
    write_json(folder / "card.json", {**card, "format": FORMAT, "sklearn": sklearn.__version__})
    files = {path.name: _sha256(path) for path in (folder / "model.skops", folder / "card.json")}
    write_json(folder / "manifest.json", files)
    return folder


def read_card(folder: Path) -> dict[str, Any]:
    """Read a bundle's card after checking every hash.

    Raises:
        BundleError: no manifest, a file is missing, or a hash differs.
    """
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise BundleError(f"{folder} is no bundle (no manifest.json): see `pkh-graduation bundles`.")
    try:
        hashes = json.loads(manifest.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BundleError(
            f"the manifest of {folder} cannot be read: copy the bundle again from where it was made."
        ) from error
    if not isinstance(hashes, dict) or set(hashes) != {"model.skops", "card.json"}:
        raise BundleError(
            f"the manifest of {folder} does not name exactly model.skops and card.json: it is not a bundle of ours."
        )
    for name, expected in hashes.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != expected:
            raise BundleError(
                f"{name} in {folder} is missing or was changed after it was saved: copy the bundle again."
            )
    card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return card


def load_bundle(folder: Path, *, sintetis: bool, force: bool = False, allow_version_skew: bool = False) -> Bundle:
    """Load a bundle for records that are made up (``sintetis``) or real.

    ``force`` lets a model fitted on made-up records score real ones; ``allow_version_skew`` another scikit-learn.

    Raises:
        BundleError: damaged files, foreign types, another scikit-learn, or a made-up model on real records.
    """
    import skops.io

    card = read_card(folder)
    _check_card(card, folder, sintetis=sintetis, force=force, allow_version_skew=allow_version_skew)
    path = folder / "model.skops"
    foreign = [name for name in skops.io.get_untrusted_types(file=path) if not is_trusted(name)]
    if foreign:
        raise BundleError(f"{folder} holds types that this program does not trust: {foreign}. It is not loaded.")
    trusted = skops.io.get_untrusted_types(file=path)
    return Bundle(model=skops.io.load(path, trusted=trusted), card=card)


def is_trusted(name: str) -> bool:
    """Whether a type may stand in a bundle: on our list, or an estimator of this package."""
    return name in TRUSTED_TYPES or name.startswith(OWN)


def _check_card(
    card: Mapping[str, Any], folder: Path, *, sintetis: bool, force: bool, allow_version_skew: bool
) -> None:
    import sklearn

    if card.get("format") != FORMAT:
        raise BundleError(
            f"{folder} has bundle format {card.get('format')!r}, this program reads {FORMAT}: train again."
        )
    if card["sintetis"] and not sintetis and not force:
        raise BundleError(
            f"{folder} was fitted on made-up records (tag sintetis) and refuses real ones: train on your own records."
        )
    fitted, here = (str(v).split(".")[:2] for v in (card.get("sklearn"), sklearn.__version__))
    if fitted != here and not allow_version_skew:
        raise BundleError(
            f"{folder} was fitted with scikit-learn {card.get('sklearn')}, here is {sklearn.__version__}: "
            "train again, or allow the difference with --allow-version-skew."
        )


def list_bundles(models: Path) -> list[tuple[str, dict[str, Any]]]:
    """Names and cards of the sound bundles under a folder, sorted by name."""
    found = []
    for manifest in sorted(models.glob("*/manifest.json")):
        try:
            found.append((manifest.parent.name, read_card(manifest.parent)))
        except BundleError:
            found.append((manifest.parent.name, {"broken": True}))
    return found
