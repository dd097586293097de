"""`lists --without-model`: lists for an office without a history of exits, by guards, quota and a rule of practice alone.

Nothing here is learnt and no chance is told. The order within a caseload is that of a rule of today's practice
(`estimators.todays_practice`): the first of `RULES` whose columns are known of at least half of the families. Every line
says that it is without a model; ``mulai.md`` beside the lists says what the office has, what is possible, and what to record.
All families are held at once: an office that begins is a kabupaten, not a nation.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import estimators, monitoring, outputs, priorities, stores, timeline
from pkh_graduation.contracts import Facts, PriorityLists, Progress, Scores, Snapshots, quiet
from pkh_graduation.outputs import words
from pkh_graduation.outputs.files import GUIDE, GUIDE_TITLE
from pkh_graduation.programme.calendar import date_of, day_of, tahap_ends
from pkh_graduation.programme.madiun import criteria
from pkh_graduation.programme.vocabulary import CAUSE_OF, STATES, WAYS_OUT
from pkh_graduation.workflows import featuring, listing, returning, scoring
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.passwords import SECRETS, list_password
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Lists, Recipe

RULES = {
    "skor_madiun": ("skor Madiun: rumah, penghasilan, utang, aset", tuple(c.fitur for c in criteria())),
    "desil": ("desil tertinggi lebih dulu", ("desil",)),
    "kepesertaan_terlama": ("kepesertaan terlama lebih dulu", ("kepesertaan_tahun",)),
    "acak": ("undian", ()),
}
"""Rule of practice -> its name for people and the columns it needs, in the order of preference (a choice of ours)."""

KNOWN_SHARE = 0.5
"""Share of a rule's cells that must be known."""
BANDS = priorities.Bands(ready=1.6, mentoring=1.0)
"""Of a caseload's order, a number from 0 to 1 with mean one half: about a fifth is talked with first, half may be drawn by lot
(assumed; without a model nobody can say who is ready)."""
NEED_A_MODEL = ("expected_rate", "exposure_axis", "false_discovery", "language")
"""Settings about chances and their explanations. Without a model there is one sentence, in Bahasa Indonesia."""
WARNING = "tanpa model: urutan menurut aturan praktik, bukan peluang"
_QUARTERS = 4
_ALIKE = ("p_mandiri_12m", "p_bawah", "p_atas", "p_alamiah_12m", "p_administratif_12m")


@dataclass(frozen=True)
class _Families:
    """All families of the date."""

    X: pd.DataFrame
    facts: Facts
    now: Snapshots


def lists_without_model(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    settings: Lists,
    vault: bool = True,
    crew: Crew | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Write every pendamping's list without a model; the figures are those of `listing.lists`, with ``rule`` and ``exits``.

    Raises:
        StoreError: there is no store.
        ValueError: a setting asks for what only a model can give (`NEED_A_MODEL`), or no family has a pendamping at the date.
    """
    check(settings)
    crew = crew or Crew()
    store = stores.open_store(places.store)
    featuring.compute_at(places, store, [as_of], crew=crew, progress=progress)
    families = _gather(places, store, as_of)
    listing.require_caseloads(families.now.frame["pendamping_id"], as_of, places)
    rule = choose_rule(families.X)
    progress(f"aturan praktik: {rule}")
    caseloads = families.now.frame["pendamping_id"].reset_index()
    standing = returning.standing(
        places, caseloads, as_of=as_of, seed=recipe.seed, bonus=settings.bonus, rest_months=settings.rest_months,
        holdout=settings.holdout,
    )  # fmt: skip
    told = standing[standing.ne(0).any(axis=1)].to_csv()
    run_id = stores.digest_of(
        store.digest, rule, as_of.isoformat(), recipe.seed, settings.model_dump(exclude=SECRETS), told
    )[:16]
    draft = priorities.prioritise(
        order_as_scores(rule, families.X, families.facts, families.now, recipe.seed),
        None,
        families.facts,
        families.now,
        quota=priorities.quota_on(as_of),
        goal=settings.goal,
        monthly=settings.monthly,
        floors=priorities.Floors(settings.floor_desa, settings.floor_female, settings.floor_remote),
        random_state=recipe.seed,
        exploration=settings.exploration,
        bands=BANDS,
        standing=standing,
        run_id=run_id,
        notes={
            "model": f"tanpa model ({RULES[rule][0]})",
            "sintetis": "ya" if store.sintetis else "tidak",
            "data_digest": store.digest[:16],
        },
    )
    final = without_chances(draft, rule)
    names = _names(places, store, as_of, vault=vault)
    identities = stores.read_vault(places.vault, set(final.frame["kpm_id"])) if vault else None
    stores.clear_litter(places.lists)
    summary = outputs.write_part(
        final,
        places.lists,
        part=store.buckets[0],
        vault=identities,
        names=names,
        folders=final.frame["kabupaten"].nunique() > 1,
        formats=listing.formats(settings),
        password=list_password(settings),
    )
    index = outputs.write_index(
        [summary], places.lists, names=names, formats=listing.formats(settings), quarantine=store.manifest["quarantine"],
        locked=list_password(settings) is not None, progress=progress,
    )  # fmt: skip
    office = take_stock(store, as_of, len(families.now.frame))
    guide = monitoring.first_steps(office, RULES[rule][0])
    stores.write_text(places.lists / GUIDE, _markdown(guide, as_of))
    return {
        "kpm": len(final.frame),
        "pendamping": len(summary.pendamping),
        "lists": len([file for file in summary.files if file.endswith(".html")]),
        "listed": int(final.frame["urutan"].notna().sum()),
        "removed": index.removed,
        "run_id": run_id,
        "index": str(places.lists / "index.html"),
        "guide": str(places.lists / GUIDE),
        "rule": rule,
        "exits": dict(office.exits),
        "as_of": as_of.isoformat(),
    }


def check(settings: Lists) -> None:
    """Refuse, by name, settings that mean nothing without a model.

    Raises:
        ValueError: one of `NEED_A_MODEL` was set.
    """
    plain = Lists()
    if asked := [name for name in NEED_A_MODEL if getattr(settings, name) != getattr(plain, name)]:
        raise ValueError(
            f"lists without a model cannot follow {', '.join(f'lists.{name}' for name in asked)}: leave "
            f"{'it' if len(asked) == 1 else 'them'} out of the settings, or train a model."
        )


def _gather(places: Places, store: stores.Store, as_of: dt.date) -> _Families:
    parts = [scoring.read_part(places, as_of, bucket) for bucket in store.buckets]
    X = pd.concat([part[0] for part in parts])
    values = pd.concat([part[1].values for part in parts])
    facts = Facts(values, pd.DataFrame(index=values.index), parts[0][1].catalogue)
    return _Families(X, facts, Snapshots(pd.concat([part[2].frame for part in parts])))


def choose_rule(X: pd.DataFrame) -> str:
    """The first rule of `RULES` that has something to go by."""
    for name, (_, columns) in RULES.items():
        known = [X[column].notna().mean() if column in X.columns else 0.0 for column in columns]
        if all(column in X.columns for column in columns) and float(np.mean(known or [1.0])) >= KNOWN_SHARE:
            return name
    raise AssertionError("the last rule needs no column.")


def order_as_scores(rule: str, X: pd.DataFrame, facts: Facts, now: Snapshots, seed: int) -> Scores:
    """The rule's order within each caseload as numbers from 0 to 1 in the place of chances, ties sharing their mean.

    Objecting families get none. The numbers serve the allocation alone and are taken out again (`without_chances`).
    """
    willing = scoring.without_objection(facts)
    own = X.loc[willing]
    owner = now.frame["pendamping_id"].loc[willing].fillna("")
    contender: Any = estimators.todays_practice(seed)[rule]
    score = pd.Series(contender.score_families(own, owner), index=willing)
    share = score.groupby(owner).rank(method="average", pct=True).to_numpy()
    path = np.zeros((len(own), _QUARTERS + 1, len(STATES)))
    path[:, :, 1] = share[:, None] * np.arange(_QUARTERS + 1) / _QUARTERS
    path[:, :, 0] = 1.0 - path[:, :, 1]
    return Scores(willing, path, share, share, share)


def without_chances(draft: PriorityLists, rule: str) -> PriorityLists:
    """The lists with no chance on them, a warning on every listed line, and one sentence that names the rule."""
    listed = draft.frame["urutan"].notna()
    said = draft.frame["peringatan"].fillna("")
    warned = said.where(~listed, WARNING + said.map(lambda more: f"|{more}" if more else ""))
    frame = draft.frame.assign(**dict.fromkeys(_ALIKE, np.nan), peringatan=warned.astype("str"))
    # A place in a caseload is told as its quarter: finer than that, a rule of practice says nothing.
    by_model = frame[listed & (frame["slot"] == "model")]
    cards = pd.DataFrame(
        {
            "kpm_id": by_model["kpm_id"],
            "as_of": by_model["as_of"],
            "arah": "mendukung",
            "urutan": 1,
            "tema": "kesejahteraan",
            "fitur": rule,
            "nilai": np.nan,
            "tanggal_diketahui": pd.array([pd.NA] * len(by_model), dtype="Int32"),
            "kontribusi": np.nan,
            "kalimat": f"Termasuk yang teratas di dampingan ini menurut aturan praktik ({RULES[rule][0]})",
        }
    )
    return dataclasses.replace(draft, frame=frame, cards=cards.reset_index(drop=True))


def _names(places: Places, store: stores.Store, as_of: dt.date, *, vault: bool) -> dict[str, str]:
    first = stores.read_bucket(store, store.buckets[0], {"wilayah": ("kode", "nama")})
    return listing.village_names(first, as_of) | (stores.read_names(places.vault) if vault else {})


def take_stock(store: stores.Store, as_of: dt.date, families: int) -> monitoring.Office:
    """What the office has: exits known at the date per way out, tahap since the first of them became known, missing tables."""
    day = day_of(as_of)
    exits = []
    for bucket in store.buckets:
        records = stores.read_bucket(store, bucket, {"peristiwa_status": ("jenis", "tahap_proses")})
        events = timeline.visible(records.tables["peristiwa_status"], day)
        exits.append(events[events["jenis"].isin(list(CAUSE_OF)) & (events["tahap_proses"] == "efektif")])
    known = pd.concat(exits)
    counts = known["jenis"].map(CAUSE_OF).value_counts()
    first = date_of(int(known["known_day"].min())) if len(known) else as_of
    present = {name for bucket in store.buckets for name in store.files(bucket)}
    missing = tuple(name for name in monitoring.WANTED if name not in present)
    return monitoring.Office(
        families,
        {way: int(counts.get(way, 0)) for way in WAYS_OUT},
        len(tahap_ends(first, as_of)) if len(known) else 0,
        missing,
    )


def _markdown(guide: dict[str, list[str]], as_of: dt.date) -> str:
    lines = [f"# {GUIDE_TITLE}, per {words.date(as_of)}", "", monitoring.LIMITS]
    for heading, sentences in guide.items():
        lines += ["", f"## {heading}", "", *(f"- {sentence}" for sentence in sentences)]
    return "\n".join(lines) + "\n"
