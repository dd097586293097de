"""`lists`: the scores of a date -> every pendamping's list, explained, one part (whole caseloads) after the other.

A part is a bucket. The few pendamping whose families lie in several buckets get theirs gathered into the one where most
are. Places are given on exact values alone; only then are the listed families' facts, known days and reasons computed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from pkh_graduation import explanations, outputs, priorities, stores, timeline
from pkh_graduation import features as features_room
from pkh_graduation.contracts import Facts, PriorityLists, Progress, Reasons, Records, Scores, Snapshots, quiet
from pkh_graduation.estimators.kept_effects import KeptEffect
from pkh_graduation.outputs import words
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.workflows import discovering, featuring, mending, returning, scoring, studying
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.passwords import SECRETS, list_password
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Lists, Recipe

LEVEL_NOTE = "tingkat peluang ditetapkan: rata-rata {} dalam 12 bulan, menurut {}; alasan tidak berubah"


@dataclass(frozen=True)
class ListRun:
    """One run of lists. Sent to workers as it is."""

    scores: scoring.ScoreRun
    store: stores.Store
    rows: featuring.FeatureRun
    settings: Lists
    seed: int
    cohort: priorities.Cohort
    promise: discovering.Promise
    lift: mending.Lift
    effects: tuple[KeptEffect, ...]
    run_id: str
    names: Mapping[str, str]
    vault: bool
    folders: bool
    guests: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Part -> other bucket -> pendamping whose families there belong to the part's lists."""
    moved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Bucket -> pendamping whose families lie there, but are listed in another part."""

    @property
    def places(self) -> Places:
        """The folders."""
        return self.scores.places

    @property
    def as_of(self) -> dt.date:
        """The date of the lists."""
        return self.scores.as_of


def lists(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    settings: Lists,
    models: Path | None = None,
    bundle: str | None = None,
    force: bool = False,
    allow_version_skew: bool = False,
    vault: bool = True,
    crew: Crew | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Prioritise within each pendamping's caseload, explain the listed families, write every list and the coordinators' pages.

    Features and scores of the date are computed first where they are missing or older than what they are made from.

    Raises:
        ValueError: see `scoring.score`; or no family has a pendamping at the date.
    """
    crew = crew or Crew()
    scoring.score(
        places, as_of=as_of, recipe=recipe, models=models, bundle=bundle,
        expected_rate=settings.expected_rate, force=force, allow_version_skew=allow_version_skew, crew=crew, progress=progress,
    )  # fmt: skip
    store = stores.open_store(places.store)
    run = _prepare(places, store, as_of, recipe, settings, crew, (models, bundle, force, allow_version_skew), vault)
    stores.clear_litter(places.lists)
    names = tuple(
        sorted({*explanations.tellable(_catalogue(places)["theme"], settings.language), *explanations.NEEDED_FACTS})
    )
    totals = [(run.rows, bucket, as_of, names) for bucket in store.buckets]
    crew.each(store, featuring.take_totals, totals, label="tempat", progress=progress)
    run.rows.join_places(run.rows.plan(store.buckets[0], twins=True, names=names), as_of)
    done = crew.each(store, write_part, [(run, bucket) for bucket in store.buckets], label="daftar", progress=progress)
    summaries = [summary for summary, _ in done]
    index = outputs.write_index(
        summaries, places.lists, names=run.names, formats=formats(settings), quarantine=store.manifest["quarantine"],
        locked=list_password(settings) is not None, workers=crew.processes(store), progress=progress,
    )  # fmt: skip
    listed = sum(number for _, number in done)
    return {
        "kpm": sum(line["dampingan"] for part in summaries for line in part.kecamatan),
        "pendamping": sum(len(part.pendamping) for part in summaries),
        "lists": sum(len([file for file in part.files if file.endswith(".html")]) for part in summaries),
        "listed": listed,
        "siap_dibahas": run.promise.figures(),
        **({"floors": run.lift.figures()} if run.lift.axis else {}),
        "removed": index.removed,
        "run_id": run.run_id,
        "index": str(places.lists / "index.html"),
        "as_of": as_of.isoformat(),
    }


def write_part(run: ListRun, bucket: str) -> tuple[outputs.PartSummary, int]:
    """Task of a worker: allocate, explain and write the lists of one part; returns its summary and how many are listed."""
    X, facts, now, scores, homes = _gather(run, bucket)
    told = run.settings
    draft = priorities.prioritise(
        scores, None, facts, now, quota=priorities.quota_on(run.as_of), goal=told.goal, monthly=told.monthly,
        floors=priorities.Floors(told.floor_desa, told.floor_female, told.floor_remote), standing=_standing(run, facts, now),
        random_state=run.seed, exploration=told.exploration, bands=run.promise.bands, cohort=run.cohort,
        run_id=run.run_id, notes=_notes(run),
    )  # fmt: skip
    chosen = listed(draft)
    model = scoring.bundle_of(run.scores)
    reasons, actions = _explain(run, model, X, facts, now.frame.loc[chosen], homes)
    final = dataclasses.replace(priorities.add_reasons(draft, reasons), actions=actions)
    families = set(now.frame.index.get_level_values("kpm_id"))
    homes_of = [bucket, *run.guests.get(bucket, {})]
    identities = stores.read_vault(run.places.vault, families, buckets=homes_of) if run.vault else None
    summary = outputs.write_part(
        final, run.places.lists, part=bucket, vault=identities, names=run.names, folders=run.folders,
        formats=formats(told), password=list_password(told),
    )  # fmt: skip
    return summary, len(chosen)


def formats(settings: Lists) -> tuple[str, ...]:
    """File formats that the settings ask for, beside those that are always written."""
    return (*outputs.FORMATS, *(name for name in ("pdf", "odk", "csv") if getattr(settings, name)))


def listed(draft: PriorityLists) -> pd.MultiIndex:
    """Index of the families that have a place on a list."""
    on = draft.frame[draft.frame["urutan"].notna()]
    return pd.MultiIndex.from_frame(on[["kpm_id", "as_of"]])


def require_caseloads(pendamping: pd.Series, as_of: dt.date, places: Places) -> None:
    """Refuse a date at which there is nobody to write for: lists that were written are not to go for a mistyped year.

    Raises:
        ValueError: no family has a pendamping.
    """
    if not pendamping.notna().any():
        raise ValueError(
            f"no family in {places.store} has a pendamping on {as_of.isoformat()}: there is nothing to list, and earlier lists "
            "stay. Check the date."
        )


def village_names(records: Records, as_of: dt.date) -> dict[str, str]:
    """Names of places by code, as known on the day; empty where the exports have no `wilayah`."""
    if "wilayah" not in records.tables:
        return {}
    known = timeline.last_per(timeline.visible(records.tables["wilayah"], day_of(as_of)), "kode")
    return dict(zip(known["kode"], known["nama"], strict=True))


def _prepare(
    places: Places,
    store: stores.Store,
    as_of: dt.date,
    recipe: Recipe,
    settings: Lists,
    crew: Crew,
    choice: tuple[Path | None, str | None, bool, bool],
    vault: bool,
) -> ListRun:
    models, bundle, force, skew = choice
    folder = scoring.find_bundle(models or places.models, bundle)
    scores = scoring.ScoreRun(places, as_of, folder, recipe.horizon, store.sintetis, force, skew)
    marks = {bucket: scores.parts.mark(bucket) or {} for bucket in store.buckets}
    measured = [mark["cohort"] for mark in marks.values()]
    parts = [priorities.Cohort(m["scored"], int(m["chances"]), tuple(m["columns"])) for m in measured]
    homes = _homes(places, as_of, store)
    require_caseloads(homes["pendamping_id"], as_of, places)
    guests, moved = _guests(homes)
    spill = str(places.out / "features" / ".tumpahan")
    first = stores.read_bucket(store, store.buckets[0], {"wilayah": ("kode", "nama")})
    cohort = sum(parts, priorities.Cohort())
    promise = _promise(scores, store, cohort, settings, crew)
    lift = _lift(scores, store, cohort, settings, crew)
    effects = studying.kept_in(folder)
    decided = (promise.figures(), lift.figures(), [dict(effect.told) for effect in effects])
    names = village_names(first, as_of) | (stores.read_names(places.vault) if vault else {})
    return ListRun(
        scores=scores,
        store=store,
        rows=featuring.FeatureRun(places, store, crew.memory_per_worker, crew.threads(store), spill),
        settings=settings,
        seed=recipe.seed,
        cohort=cohort,
        promise=promise,
        lift=lift,
        effects=effects,
        run_id=_run_id(store, scores, marks, recipe, settings, *decided),
        names=names,
        vault=vault,
        folders=len({code for bucket in store.manifest["buckets"].values() for code in bucket["kabupaten"] if code})
        > 1,
        guests=guests,
        moved=moved,
    )


def _promise(
    scores: scoring.ScoreRun, store: stores.Store, cohort: priorities.Cohort, settings: Lists, crew: Crew
) -> discovering.Promise:
    """From which chance a family is called *siap dibahas*; measured over all parts where the bundle allows it."""
    calls = [(scores, bucket, cohort) for bucket in store.buckets]
    return discovering.promise(
        scores.bundle,
        settings.false_discovery,
        lambda: crew.each(store, discovering.chances_of_part, calls, label="kesiapan"),
    )


def _lift(
    scores: scoring.ScoreRun, store: stores.Store, cohort: priorities.Cohort, settings: Lists, crew: Crew
) -> mending.Lift:
    """Floors for the groups of the axis that the office has set."""
    quota, axis = priorities.quota_on(scores.as_of), settings.exposure_axis
    calls = [(scores, bucket, cohort, axis) for bucket in store.buckets]
    return mending.lift_of(
        lambda: crew.each(store, mending.rivals_of_part, calls, label="lantai"),
        axis,
        settings.exposure_ratio,
        lambda size: int(quota.of(size) * (1 - settings.exploration)),
    )


def _run_id(
    store: stores.Store,
    scores: scoring.ScoreRun,
    marks: Mapping[str, Any],
    recipe: Recipe,
    settings: Lists,
    *measured: Any,
) -> str:
    """A hash of all inputs of the lists: equal inputs, equal name."""
    made = {bucket: mark["sha256"] for bucket, mark in marks.items()}
    return stores.digest_of(
        store.digest, scores.bundle.name, made, scores.as_of.isoformat(), recipe.seed,
        settings.model_dump(exclude=SECRETS), measured,
        returning.digest_before(scores.places, scores.as_of),
    )[:16]  # fmt: skip


def _homes(places: Places, as_of: dt.date, store: stores.Store) -> pd.DataFrame:
    """Every pendamping and bucket that meet, with how many families: ``pendamping_id, bucket, keluarga``."""
    frames = []
    for bucket in store.buckets:
        own = stores.Parts(places.features(as_of) / "kohor").read(bucket, ["pendamping_id"])
        counts = own["pendamping_id"].value_counts().rename("keluarga").rename_axis("pendamping_id")
        frames.append(counts.reset_index().assign(bucket=bucket))
    return pd.concat(frames, ignore_index=True)


def _guests(homes: pd.DataFrame) -> tuple[dict[str, dict[str, tuple[str, ...]]], dict[str, tuple[str, ...]]]:
    """Per part, whose families come from which other bucket; and per bucket, whose families are listed elsewhere.

    A pendamping belongs to the bucket where most of her families lie, and among equals to the first.
    """
    order = homes.sort_values(["keluarga", "bucket"], ascending=[False, True], kind="stable")
    part = order.drop_duplicates("pendamping_id").set_index("pendamping_id")["bucket"]
    homes = homes.assign(part=homes["pendamping_id"].map(part))
    away = homes[homes["part"] != homes["bucket"]]
    guests: dict[str, dict[str, tuple[str, ...]]] = {}
    for (home, bucket), who in away.groupby(["part", "bucket"])["pendamping_id"]:
        guests.setdefault(home, {})[bucket] = tuple(sorted(who))
    return guests, {bucket: tuple(sorted(who)) for bucket, who in away.groupby("bucket")["pendamping_id"]}


def _gather(run: ListRun, bucket: str) -> tuple[pd.DataFrame, Facts, Snapshots, Scores, pd.Series]:
    """X, exact facts, cohort and scores of a part's families, and the bucket in which each one's records lie."""
    pieces = [_piece(run, bucket, None)]
    pieces += [_piece(run, other, who) for other, who in sorted(run.guests.get(bucket, {}).items())]
    # Most parts are one piece: tables of hundreds of megabytes are not copied to join them with nothing.
    X, values, cohort, scored, homes = (
        pieces[0] if len(pieces) == 1 else (pd.concat(own) for own in zip(*pieces, strict=True))
    )
    facts = Facts(values, pd.DataFrame(index=values.index), _catalogue(run.places))
    return X, facts, Snapshots(cohort), scoring.scores_of(scored, run.scores.horizon), homes


def _catalogue(places: Places) -> pd.DataFrame:
    return stores.read_frame(places.out / "features" / "dictionary.parquet")


def _piece(run: ListRun, bucket: str, who: tuple[str, ...] | None) -> tuple[Any, ...]:
    """One bucket's families: all but those listed elsewhere, or only those of some pendamping."""
    X, facts, now = scoring.read_part(run.places, run.as_of, bucket)
    pendamping = now.frame["pendamping_id"]
    mine = ~pendamping.isin(run.moved.get(bucket, ())) if who is None else pendamping.isin(who)
    scored = run.scores.parts.read(bucket)
    if mine.all():
        return X, facts.values, now.frame, scored, pd.Series(bucket, index=now.frame.index)
    cohort = now.frame[mine]
    own = scored[scored.index.isin(cohort.index)]
    return X[mine], facts.values[mine], cohort, own, pd.Series(bucket, index=cohort.index)


def _notes(run: ListRun) -> dict[str, str]:
    told = run.settings
    level = (
        {"peluang": LEVEL_NOTE.format(words.percent(told.expected_rate), told.expected_rate_source)}
        if told.expected_rate
        else {}
    )
    return {
        **level,
        "model": run.scores.bundle.name,
        "sintetis": "ya" if run.store.sintetis else "tidak",
        "bahasa": run.settings.language,
        "kesiapan": run.promise.note(),
        "data_digest": run.store.digest[:16],
    }


def _full_facts(run: ListRun, families: pd.DataFrame, homes: pd.Series, names: Collection[str]) -> Facts:
    """Facts of some families with the day each became known, computed where their records lie; no others than ``names``."""
    where = homes.loc[families.index]
    moment = features_room.moments_of(timeline.spine([run.as_of]))[day_of(run.as_of)]
    parts: list[Any] = []
    index: list[tuple[Any, ...]] = []
    for bucket in sorted(where.unique()):
        own = families[where == bucket]
        plan = run.rows.plan(bucket, twins=True, names=names)
        tables = {**run.rows.tables(bucket, plan), **run.rows.links(bucket, plan, run.as_of)}
        with run.rows.engine() as engine:
            totals = run.rows.known_totals(plan, bucket, run.as_of)
            values, known = features_room.compute(plan, tables, own, moment, engine, totals=totals)
        parts.append((len(index) + pd.RangeIndex(len(own)).to_numpy(), values, known))
        index.extend(own.index)
    if not parts:
        plan = run.rows.plan(run.store.buckets[0], twins=True, names=names)
        return features_room.make_facts(plan, families.index, [])
    return features_room.make_facts(plan, pd.MultiIndex.from_tuples(index, names=families.index.names), parts)


def _explain(
    run: ListRun, model: stores.Bundle, X: pd.DataFrame, facts: Facts, families: pd.DataFrame, homes: pd.Series
) -> tuple[Reasons, pd.DataFrame]:
    """Why each family is listed, and what it can do: two answers that are never mixed."""
    rows = X.loc[families.index, model.card["features"]].astype("float64")
    attributor, tree_margins = _tables(run.scores, tuple(rows.columns))
    language = run.settings.language
    with threadpool_limits(limits=1):
        choice = explanations.choose(model.model, rows, facts, language=language, attributor=attributor)
        full = _full_facts(run, families, homes, {*choice.features, *explanations.NEEDED_FACTS})
        cards = explanations.word(choice, full, language=language, cohort=facts)
        told = studying.evidence_for(run.effects, rows)
        steps = explanations.suggest(
            model.model, rows, full, language=language, evidence=told, tree_margins=tree_margins
        )
    # Nobody who reads a list asks for shap's own object.
    return Reasons(None, cards), steps.rename(columns={"lever": "tindakan", "grade": "tingkat_bukti"})


@lru_cache(maxsize=1)
def _tables(
    scores: scoring.ScoreRun, columns: tuple[str, ...]
) -> tuple[explanations.Attributor, explanations.QuickMargins]:
    """A worker tabulates a model's trees once, as it reads its bundle once."""
    del scores
    return explanations.Attributor(columns), explanations.QuickMargins()


def _standing(run: ListRun, facts: Facts, now: Snapshots) -> pd.DataFrame:
    """What earlier lists, the field's answers and floors for groups mean for these families."""
    families = now.frame["pendamping_id"].reset_index()[["kpm_id", "pendamping_id"]]
    told = run.settings
    stood = returning.standing(
        run.places, families, as_of=run.as_of, seed=run.seed, bonus=told.bonus, rest_months=told.rest_months,
        holdout=told.holdout,
    )  # fmt: skip
    return stood.join(run.lift.of(facts, now), how="outer") if run.lift.offsets else stood
