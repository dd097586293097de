"""Model bundles: a folder that holds a fitted model, how it was made, and the SHA-256 of each file; loads without any store.

Layout: ``model.skops`` (skops format, no pickle), ``card.json`` (recipe, feature names, digests of the data, versions, tags),
the model card for people (``model_card.*``), ``manifest.json`` (file -> SHA-256) and, where a key is set, ``signature.json``.
A bundle is only loaded when every hash agrees, when the signature fits (where a key is set), when every type inside is on our
own list, and when scikit-learn has the version (major.minor) it was fitted with. All is read once and checked before anything
is rebuilt. A bundle fitted on made-up records carries ``sintetis: true`` and refuses real records.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkh_graduation.stores import signing
from pkh_graduation.stores.allowed_types import TYPES
from pkh_graduation.stores.files import write_bytes
from pkh_graduation.stores.skops_files import ModelFileError, dump_model, load_model
from pkh_graduation.stores.tree_checks import TreeError

FORMAT = 2
READS = (1, 2)
"""Formats that this program reads: 1 knew no other files than model and card, and no signature."""

MODEL, CARD, MANIFEST, SIGNATURE = "model.skops", "card.json", "manifest.json", "signature.json"
_READABLE = (".html", ".json", ".md")
"""Endings of what may lie in a bundle beside the model."""
_LARGEST = 2**31
"""Bytes of a file at most: a model has a few million."""


class BundleError(ValueError):
    """A bundle is damaged, foreign, or not made for these records."""


@dataclass(frozen=True)
class Bundle:
    """A loaded model and its card."""

    model: Any
    card: Mapping[str, Any]


@dataclass(frozen=True)
class Sealed:
    """The files of a bundle that agree with its manifest, its card, and what became of its signature.

    ``signature``: ``unsigned``, ``unchecked`` (signed, but no key is set here) or ``checked``.
    """

    files: Mapping[str, bytes]
    card: Mapping[str, Any]
    signature: str
    digest: str


def save_bundle(
    model: Any,
    folder: Path,
    card: Mapping[str, Any],
    *,
    documents: Mapping[str, str] | None = None,
    key: bytes | None = None,
) -> Path:
    """Write a model and its card as a bundle; returns the folder.

    Args:
        model: fitted; made of types on our list only.
        folder: made if missing. What an earlier bundle left there is replaced; a folder with anything else is refused.
        card: must say whether the model was fitted on made-up records (``sintetis``).
        documents: texts for people that lie beside it: plain name -> content.
        key: signs the bundle; else the key that ``PKH_BUNDLE_KEY_FILE`` names, if any.

    Raises:
        BundleError: the card lacks ``sintetis``, the folder holds something else, or the model holds a foreign type.
        SignatureError: the key cannot be used.
    """
    if not isinstance(card.get("sintetis"), bool):
        raise BundleError("a bundle's card must say whether it was fitted on made-up records: add 'sintetis'.")
    key = key if key is not None else signing.read_key()
    try:
        content = dump_model(model)
    except ModelFileError as error:
        raise BundleError(f"the model cannot become a bundle: {error}") from error
    files = {name: text.encode() for name, text in (documents or {}).items()}
    files |= {MODEL: content, CARD: _spell({**card, **versions(), "format": FORMAT})}
    strange = [name for name in files if not _may_lie_here(name)]
    if strange:
        raise BundleError(f"a bundle holds {list(_READABLE)} files beside its model, not {strange}.")
    manifest = signing.write_manifest(files)
    _clear(folder)
    for name, what in files.items():
        write_bytes(folder / name, what)
    if key is not None:
        write_bytes(folder / SIGNATURE, signing.sign(manifest, key))
    write_bytes(folder / MANIFEST, manifest)
    return folder


def read_sealed(folder: Path, *, key: bytes | None = None) -> Sealed:
    """Read all files of a bundle once and check them against its manifest and signature.

    ``key`` defaults to the one that ``PKH_BUNDLE_KEY_FILE`` names. Nothing is rebuilt.

    Raises:
        BundleError: no manifest, a file is missing, too many or changed, or the signature does not fit.
    """
    if not (folder / MANIFEST).is_file():
        raise BundleError(f"{folder} is no bundle (no {MANIFEST}): see `pkh-graduation bundles`.")
    try:
        key = key if key is not None else signing.read_key()
        manifest = (folder / MANIFEST).read_bytes()
        hashes = signing.read_manifest(manifest)
        signature = (folder / SIGNATURE).read_bytes() if (folder / SIGNATURE).is_file() else None
        state = signing.check_signature(manifest, signature, key)
    except signing.SignatureError as error:
        raise BundleError(f"{folder} is refused: {error}") from error
    _check_names(folder, hashes)
    files = {name: _read(folder / name, expected) for name, expected in hashes.items()}
    return Sealed(files, _read_card(files[CARD], folder), state, hashlib.sha256(manifest).hexdigest())


def read_card(folder: Path) -> dict[str, Any]:
    """Read a bundle's card after checking every hash.

    Raises:
        BundleError: see `read_sealed`.
    """
    return dict(read_sealed(folder).card)


def load_bundle(
    folder: Path, *, sintetis: bool, force: bool = False, allow_version_skew: bool = False, key: bytes | None = None
) -> Bundle:
    """Load a bundle for records that are made up (``sintetis``) or real.

    ``force`` lets a model fitted on made-up records score real ones; ``allow_version_skew`` another scikit-learn.

    Raises:
        BundleError: damaged files, a signature that does not fit, foreign types, another version, or a made-up model on
            real records.
    """
    sealed = read_sealed(folder, key=key)
    _check_card(sealed.card, folder, sintetis=sintetis, force=force, allow_version_skew=allow_version_skew)
    try:
        return Bundle(model=load_model(sealed.files[MODEL]), card=sealed.card)
    except (ModelFileError, TreeError) as error:
        raise BundleError(f"{MODEL} in {folder} is not loaded: {error}") from error


def list_bundles(models: Path) -> list[tuple[str, dict[str, Any]]]:
    """Names and cards of the bundles under a folder, sorted by name; one that is refused has ``broken`` and ``reason``."""
    found: list[tuple[str, dict[str, Any]]] = []
    for manifest in sorted(models.glob(f"*/{MANIFEST}")):
        try:
            sealed = read_sealed(manifest.parent)
            found.append((manifest.parent.name, {**sealed.card, "signature": sealed.signature}))
        except BundleError as error:
            found.append((manifest.parent.name, {"broken": True, "reason": str(error)}))
    return found


def is_trusted(name: str) -> bool:
    """Whether a type may stand in a bundle: it is on our list, by its exact name."""
    return name in TYPES


def versions() -> dict[str, str]:
    """Versions that a bundle is tied to: scikit-learn's and our own."""
    import sklearn

    own = sys.modules[__name__.partition(".")[0]]  # the package itself, without importing its rooms
    return {"sklearn": sklearn.__version__, "pkh_graduation": str(own.__version__)}


def _may_lie_here(name: str) -> bool:
    plain = Path(name).name == name and not name.startswith(".") and name not in (MANIFEST, SIGNATURE)
    return plain and (name == MODEL or name.endswith(_READABLE))


def _clear(folder: Path) -> None:
    """Make room: an earlier bundle goes, its manifest first, so that a half-written one is never taken for whole."""
    folder.mkdir(parents=True, exist_ok=True)
    there = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    strange = [path.name for path in there if not (_may_lie_here(path.name) or path.name in (MANIFEST, SIGNATURE))]
    if strange:
        raise BundleError(f"{folder} holds {strange[:3]}, which is no bundle's: choose another name for the bundle.")
    for path in (folder / MANIFEST, *there):
        path.unlink(missing_ok=True)


def _check_names(folder: Path, hashes: Mapping[str, str]) -> None:
    lacking = sorted({MODEL, CARD} - set(hashes))
    strange = sorted(name for name in hashes if not _may_lie_here(name))
    if lacking or strange:
        raise BundleError(f"the manifest of {folder} lacks {lacking} and names {strange}: it is not a bundle of ours.")
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")} - {MANIFEST, SIGNATURE}
    extra = sorted(there - set(hashes))
    if extra:
        raise BundleError(
            f"{folder} holds {extra[:3]}, which its manifest does not name: remove what is not the bundle's."
        )


def _read(path: Path, expected: str) -> bytes:
    """A file that has the hash it should have."""
    if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == expected:
            return content
    raise BundleError(
        f"{path.name} in {path.parent} is missing or was changed after it was saved: copy the bundle again from where it was made."
    )


def _read_card(raw: bytes, folder: Path) -> dict[str, Any]:
    try:
        card = json.loads(raw)
    except ValueError as error:
        raise BundleError(f"{CARD} in {folder} is no JSON: it was not written by this program.") from error
    if not isinstance(card, dict) or not isinstance(card.get("sintetis"), bool):
        raise BundleError(
            f"{CARD} in {folder} does not say whether the records were made up: it is not a bundle of ours."
        )
    return card


def _check_card(
    card: Mapping[str, Any], folder: Path, *, sintetis: bool, force: bool, allow_version_skew: bool
) -> None:
    here = versions()
    if card.get("format") not in READS:
        raise BundleError(
            f"{folder} has bundle format {card.get('format')!r}, this program reads {list(READS)}: train again."
        )
    if card["sintetis"] and not sintetis and not force:
        raise BundleError(
            f"{folder} was fitted on made-up records (tag sintetis) and refuses real ones: train on your own records."
        )
    for name, word in (("sklearn", "scikit-learn"), ("pkh_graduation", "pkh_graduation")):
        fitted = card.get(name, None if name == "sklearn" else here[name])  # format 1 did not note our own version
        if _minor(fitted) != _minor(here[name]) and not allow_version_skew:
            raise BundleError(
                f"{folder} was fitted with {word} {fitted}, here is {here[name]}: "
                "train again, or allow the difference with --allow-version-skew."
            )


def _minor(version: Any) -> list[str]:
    return str(version).split(".")[:2]


def _spell(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()
