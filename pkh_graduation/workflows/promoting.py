"""`bundles`: what bundles there are, whether they are sound, and which one may be the champion.

The champion's alias in MLflow moves here and nowhere else. A bundle becomes champion when it is sound, when a backtest of its
recipe on its records beats the best rule of practice for certain, and when its lists find no fewer families than those of the
present champion, on the same families at the same origins, but for at most ``margin``. Otherwise all reasons are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pkh_graduation import stores
from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.evaluation.rivals import Rivalry, compare_rivals
from pkh_graduation.stores import registry, signing
from pkh_graduation.workflows import evidence, serving
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.provenance import recipe_digest

MARGIN = 0.01
"""Precision that may be lost at most: one family in a hundred listed ones."""
RESAMPLES, SEED = 400, 0
_NEEDED = ("recipe", "records_digest", "features_version", "dictionary", "label", "features")
_SHOWN = ("as_of", "sintetis", "data_digest", "sklearn", "signature", "broken", "reason")


class PromotionError(ValueError):
    """A bundle may not become champion; the message gives every reason."""


@dataclass
class Case:
    """What is known so far about a wish to promote, and what speaks against it."""

    name: str
    card: Mapping[str, Any]
    digest: str
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proof: evidence.Evidence | None = None
    rivalry: Rivalry | None = None


def show(places: Places, *, models: Path | None = None) -> dict[str, Any]:
    """The bundles there are, what each was fitted on, and what is wrong with those that are refused."""
    found = stores.list_bundles(models or places.models)
    return {
        "bundles": {name: {key: card[key] for key in _SHOWN if key in card} for name, card in found},
        "count": len(found),
    }


def verify(
    places: Places, *, models: Path | None = None, name: str | None = None, key_file: Path | None = None
) -> dict[str, Any]:
    """Load every bundle, or the named one, as scoring would, and say of each whether it is sound, else why not.

    Raises:
        FileNotFoundError: there is no such bundle, or none at all. SignatureError: the key cannot be used.
    """
    folder, key = models or places.models, signing.read_key(key_file)
    found = [one for one, _ in stores.list_bundles(folder)]
    asked = [one for one in found if name in (None, one)]
    if not asked:
        raise FileNotFoundError(f"there is no bundle {name or 'at all'} in {folder}; there are {found or 'none'}.")
    told = {one: _soundness(folder / one, key) for one in asked}
    return {"bundles": told, "sound": all(one["sound"] for one in told.values()), "key": key is not None}


def _soundness(folder: Path, key: bytes | None) -> dict[str, Any]:
    try:
        sealed = stores.read_sealed(folder, key=key)
        stores.load_bundle(folder, sintetis=bool(sealed.card["sintetis"]), key=key)
    except stores.BundleError as error:
        return {"sound": False, "reason": str(error)}
    return {"sound": True, "signature": sealed.signature, "sha256": sealed.digest, "files": len(sealed.files)}


def promote(
    places: Places,
    name: str,
    *,
    models: Path | None = None,
    margin: float = MARGIN,
    key_file: Path | None = None,
    uri: str | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Make a bundle the champion, or refuse with every reason.

    Args:
        places: the office whose records, backtests and MLflow store count.
        name: of the bundle.
        models: folder of bundles, else the office's.
        margin: precision that the lists may lose at most against the champion's, in the worst case of the interval.
        key_file: key of the bundles, else the one that ``PKH_BUNDLE_KEY_FILE`` names.
        uri: of MLflow, else as for runs.

    Raises:
        PromotionError: with all reasons. BundleError: the bundle is not sound. FileNotFoundError: there is none of that name.
    """
    folder = (models or places.models) / name
    key = signing.read_key(key_file)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no bundle {name} in {folder.parent}: see `pkh-graduation bundles`.")
    sealed = stores.read_sealed(folder, key=key)
    stores.load_bundle(folder, sintetis=bool(sealed.card["sintetis"]), key=key)
    case = Case(name, sealed.card, sealed.digest)
    progress("memeriksa penantang")
    _ask_for_records(case, places)
    _ask_for_proof(case, places)
    present = None if case.reasons else registry.champion(places.mlflow, uri)
    if present is not None:
        progress("membandingkan dengan juara")
        _ask_against_champion(case, places, present, margin)
    if case.reasons:
        raise PromotionError(
            f"{name} does not become champion: " + " ".join(f"({n}) {why}" for n, why in enumerate(case.reasons, 1))
        )
    made = registry.register(
        places.mlflow,
        bundle=name,
        digest=sealed.digest,
        tags=_tags(case),
        write_model=lambda target: serving.write_pyfunc(folder, target, sealed.card),
        uri=uri,
    )
    registry.move_champion(places.mlflow, made.version, tags=_verdict(case, present, margin), uri=uri)
    return _figures(case, present, made, margin)


def _ask_for_records(case: Case, places: Places) -> None:
    """The bundle must be ours to judge: noted as we note it, and of the kind of records that the office has."""
    missing = [key for key in _NEEDED if key not in case.card]
    if missing:
        case.reasons.append(f"its card lacks {missing}: train it again with this program.")
    if case.card["sintetis"] and not stores.open_store(places.store).sintetis:
        case.reasons.append(
            "it was fitted on made-up records, and this office has real ones: train on your own records."
        )


def _ask_for_proof(case: Case, places: Places) -> None:
    """A backtest of the same recipe on the same records and features must beat the best rule of practice for certain."""
    if case.reasons:
        return
    found = evidence.find(
        places,
        recipe_digest=recipe_digest(case.card["recipe"]),
        records_digest=case.card["records_digest"],
        features_version=case.card["features_version"],
    )
    if not found:
        case.reasons.append(
            "there is no backtest of its recipe on its records and features: run `pkh-graduation backtest "
            f"--as-of {case.card['as_of']}` with the same settings."
        )
        return
    case.proof = _best_known(found, case.card)
    gate = case.proof.facts["gate"]
    lows = [gate[name] for name in ("low", "low_pendamping")] if gate else []
    if gate is None:
        case.reasons.append("its backtest had no rule of practice to beat.")
    elif None in lows:
        case.reasons.append("its backtest drew no resamples, so nothing is certain: set bootstrap to 200 or more.")
    elif min(lows) <= 0:
        case.reasons.append(
            f"it is not certain that its lists beat the best rule of practice ({gate['rule']}): the difference in precision is "
            f"{gate['difference']:+.4f}, and its 95 % interval begins at {min(lows):+.4f}."
        )


def _best_known(found: list[evidence.Evidence], card: Mapping[str, Any]) -> evidence.Evidence:
    """Of several backtests that fit, one by the same program, then the one with most origins."""
    return max(
        found, key=lambda one: (one.facts["program"] == card.get("program"), len(one.facts["origins"]), one.name)
    )


def _ask_against_champion(case: Case, places: Places, present: registry.Registered, margin: float) -> None:
    """The lists of both, on the same families at the same origins."""
    proof = case.proof
    if proof is None or present.tags.get(registry.DIGEST) == case.digest:
        return
    if present.tags.get("sintetis") == "false" and case.card["sintetis"]:
        case.reasons.append("the champion was fitted on real records, this one on made-up ones.")
        return
    wanted = present.tags.get("recipe_digest", "")
    known = evidence.find(places, recipe_digest=wanted)
    same = [one for one in known if one.facts["folds"] == proof.facts["folds"]]
    if not same:
        other = "on other data only" if known else "nowhere here"
        case.reasons.append(
            f"there is no comparison with the champion ({present.tags.get(registry.BUNDLE)}): its recipe was judged {other}, and "
            "lists can only be compared on the same families at the same origins. Run `pkh-graduation backtest "
            f"--as-of {proof.facts['as_of']}` with the champion's recipe (the card of its bundle holds it), then promote again."
        )
        return
    rival = _best_known(same, {"program": proof.facts["program"]})
    if rival.facts["program"] != present.tags.get("program"):
        case.notes.append(
            "the champion's recipe was judged as fitted by another version of the estimators than the champion."
        )
    case.rivalry = compare_rivals(
        rival.predictions(),
        proof.predictions(),
        capacity=float(proof.facts["capacity"]),
        n_boot=RESAMPLES,
        random_state=SEED,
    )
    if not case.rivalry.low >= -margin:
        case.reasons.append(
            f"its lists may be worse than the champion's: the difference in precision is {case.rivalry.difference:+.4f}, its "
            f"95 % interval {case.rivalry.low:+.4f} to {case.rivalry.high:+.4f}, and at most {margin:.4f} may be lost."
        )


def _tags(case: Case) -> dict[str, str]:
    """Tags of the version: what it learned from and what it predicts."""
    card = case.card
    return {
        **{
            key: str(card[key])
            for key in ("data_digest", "records_digest", "features_version", "program", "as_of")
            if key in card
        },
        "recipe_digest": recipe_digest(card["recipe"]),
        "sintetis": str(card["sintetis"]).lower(),
        "label": str(card["label"].get("definition", card["label"]["cause"])),
        "label_horizon": str(card["label"]["horizon"]),
    }


def _verdict(case: Case, present: registry.Registered | None, margin: float) -> dict[str, str]:
    """Tags that say on what the promotion rests."""
    own = {"proof": case.proof.name if case.proof else "", "margin": f"{margin:.4f}"}
    if present is not None:
        own["compared_with"] = str(present.tags.get(registry.BUNDLE))
    if case.rivalry is not None:
        own |= {f"difference_{key}": f"{value:.6f}" for key, value in asdict(case.rivalry).items() if key != "rows"}
    return own


def _figures(
    case: Case, present: registry.Registered | None, made: registry.Registered, margin: float
) -> dict[str, Any]:
    return {
        "promoted": case.name,
        "version": made.version,
        "bundle_sha256": case.digest,
        "champion_before": present.tags.get(registry.BUNDLE) if present else None,
        "gate": dict(case.proof.facts["gate"]) if case.proof else None,
        "comparison": asdict(case.rivalry) if case.rivalry else None,
        "margin": margin,
        "notes": case.notes,
    }
