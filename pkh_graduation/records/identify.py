"""Every identifier of a table replaced by its surrogate; rows that name no family or no person are reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pkh_graduation.records.clock import event_days, lagged_days
from pkh_graduation.records.entities import (
    LATE,
    NEVER,
    Registry,
    by_birth,
    contested,
    keep_names,
    no_pairs,
    pairs_of,
    register,
    second_claims,
    shared_by_birth,
)
from pkh_graduation.records.sessions import session_days
from pkh_graduation.records.typed import Typed
from pkh_graduation.records.vault import names_told


@dataclass(frozen=True)
class Identities:
    """The names of families, people and everything else with an id of its own."""

    families: Registry
    people: Registry
    key: bytes
    managers: Mapping[str, int] = field(default_factory=dict)
    """NIK of a family's manager -> surrogate of the family that first named her."""
    managers_shared: Mapping[str, int] = field(default_factory=dict)
    """NIK -> the day on which a second family was known to name her."""


def learn_identities(tables: Mapping[str, Typed], key: bytes, earlier: pd.DataFrame | None = None) -> Identities:
    """Learn which numbers go with which outside ids, from the tables that hold both.

    ``earlier``: pairs (``jenis, asal, id``) of an earlier ingest under the same key, whose names of families are kept.
    """
    pairs = [
        pairs_of(tables[name].frame, tables[name].accepted, known_of(tables[name]), outside="kpm_id", number="no_kk")
        for name in ("identitas", "keluarga")
        if name in tables and {"kpm_id", "no_kk"} <= tables[name].given
    ]
    families = register(pd.concat(pairs) if pairs else no_pairs(), outside="kpm", number="kk", key=key)
    if earlier is not None:
        families = keep_names(families, names_told(earlier))
    members = tables["anggota"]
    known = known_of(members)
    numbered = pairs_of(members.frame, members.accepted, known, outside="anggota_id", number="nik")
    people = register(numbered, outside="anggota", number="nik", key=key)
    by_birth_date = shared_by_birth(members.frame, members.accepted, known)
    shared = {
        nik: min(people.shared.get(nik, NEVER), by_birth_date.get(nik, NEVER))
        for nik in {*people.shared, *by_birth_date}
    }
    managers = _managers(tables["identitas"], families) if "identitas" in tables else ({}, {})
    return Identities(families, replace(people, shared=shared), key, *managers)


def known_of(typed: Typed) -> np.ndarray:
    """The day on which each row became known, told or lagged behind its event, `LATE` without either; shape (n,)."""
    told = typed.frame["tanggal_diketahui"].astype("Int64")
    lagged = lagged_days(typed.schema, typed.frame, event_days(typed.schema, typed.frame)).astype("Int64")
    return told.fillna(lagged).fillna(LATE).to_numpy(dtype=np.int64)


def _managers(typed: Typed, families: Registry) -> tuple[dict[str, int], dict[str, int]]:
    """NIK -> the family that first named her; NIK -> the day on which a second one was known."""
    rows, known = typed.accepted & typed.frame["nik_pengurus"].notna().to_numpy(), known_of(typed)
    family = families.by_outside(typed.frame["kpm_id"])
    family = np.where(family < 0, families.by_number(typed.frame["no_kk"], known), family)[rows]
    claims = pd.DataFrame(
        {
            "nik": typed.frame.loc[rows, "nik_pengurus"].astype(object).to_numpy(),
            "kpm": family,
            "diketahui": known[rows],
        }
    )
    claims = claims[claims["kpm"] >= 0].sort_values("diketahui", kind="stable")
    first = claims.drop_duplicates("nik")
    return dict(zip(first["nik"], first["kpm"], strict=True)), second_claims(claims, "nik", "kpm", "diketahui")


def identify(
    typed: Typed, identities: Identities, sessions: pd.DataFrame | None = None
) -> tuple[Typed, dict[str, np.ndarray]]:
    """Surrogates of every identifier column of a table, negative where missing; shape (n,) each.

    ``sessions``: the canonical table of sessions, by which attendance is dated. Rows without a family, or whose person cannot
    be told, are reported as rejected.
    """
    surrogates: dict[str, np.ndarray] = {}
    known = known_of(typed) if typed.schema.event in typed.frame else _known_by_session(typed, identities, sessions)
    for column in typed.schema.columns:
        if column.kind != "id":
            continue
        if column.name == "kpm_id":
            surrogates["kpm_id"] = _families(typed, identities, known)
        elif column.name in ("kpm_lama", "kpm_baru"):
            surrogates[column.name] = identities.families.by_outside(typed.frame[column.name])
        elif column.name == "pemilik_id":
            surrogates[column.name] = identities.people.by_outside(typed.frame[column.name])
        elif column.name != "anggota_id":
            surrogates[column.name] = _plain(typed, column.name, identities)
    if "kpm_lama" in surrogates:
        same = (surrogates["kpm_lama"] == surrogates["kpm_baru"]) & (surrogates["kpm_lama"] >= 0)
        typed.findings.add("tautan_diri_sendiri", "kpm_baru", np.flatnonzero(same))
    if "anggota_id" in typed.schema.names:
        surrogates["anggota_id"] = _people(typed, identities, known, surrogates["kpm_id"])
    return typed, surrogates


def _plain(typed: Typed, column: str, identities: Identities) -> np.ndarray:
    """Surrogates of ids that no number stands in for."""
    return Registry(column, column, identities.key, {}, {}, {}).by_outside(typed.frame[column])


def _known_by_session(typed: Typed, identities: Identities, sessions: pd.DataFrame | None) -> np.ndarray:
    """`known_of` attendance, which has its date from its session and is not known before it."""
    told = typed.frame["tanggal_diketahui"].astype("Int64")
    if sessions is None:
        return told.fillna(LATE).to_numpy(dtype=np.int64)
    day, first = session_days(_plain(typed, "sesi_id", identities), sessions)
    known = told.fillna(day + typed.schema.lag).fillna(LATE).to_numpy(dtype=np.int64)
    return np.maximum(known, first.fillna(0).to_numpy(dtype=np.int64))


def _families(typed: Typed, identities: Identities, known: np.ndarray) -> np.ndarray:
    registry = identities.families
    found = registry.by_outside(typed.frame["kpm_id"])
    if "no_kk" in typed.given:
        found = np.where(found < 0, registry.by_number(typed.frame["no_kk"], known), found)
    if "nik_pengurus" in typed.given and not typed.schema.vault:
        managed = (
            typed.frame["nik_pengurus"].astype(object).map(identities.managers).fillna(-1).to_numpy(np.int64, copy=True)
        )
        managed[contested(typed.frame["nik_pengurus"], known, identities.managers_shared)] = -2
        typed.findings.add(
            "nik_pengurus_ganda", "nik_pengurus", np.flatnonzero(typed.accepted & (found < 0) & (managed == -2))
        )
        found = np.where(found < 0, managed, found)
    kept = typed.accepted
    damaged = _reported(typed, "no_kk")
    typed.findings.add("no_kk_ganda", "no_kk", np.flatnonzero(kept & (found == -2)))
    typed.findings.add("kpm_rusak", "no_kk", np.flatnonzero(kept & (found == -1) & damaged))
    typed.findings.add("kpm_kosong", "kpm_id", np.flatnonzero(kept & (found == -1) & ~damaged))
    _note_shared(typed, registry, "kpm_id", "no_kk", "no_kk_ganda_kpm")
    return found


def _people(typed: Typed, identities: Identities, known: np.ndarray, family: np.ndarray) -> np.ndarray:
    registry = identities.people
    found = registry.by_outside(typed.frame["anggota_id"])
    if "nik" in typed.given:
        found = np.where(found < 0, registry.by_number(typed.frame["nik"], known), found)
    kept = typed.accepted
    if typed.schema.name == "anggota":
        lone = kept & (found < 0)
        found = np.where(lone, by_birth(typed.frame, family, lone, identities.key), found)
        _note_shared(typed, registry, "anggota_id", "nik", "nik_ganda_anggota")
    if typed.schema["anggota_id"].required:
        typed.findings.add("nik_ganda", "nik", np.flatnonzero(kept & (found == -2)))
        typed.findings.add("anggota_kosong", "anggota_id", np.flatnonzero(kept & (found == -1)))
    return found


def _reported(typed: Typed, column: str) -> np.ndarray:
    """Mask of the rows with something wrong in a column."""
    mask = np.zeros(len(typed.frame), dtype=bool)
    for hit in typed.findings.hits:
        if hit.column == column:
            mask[hit.positions[hit.positions < len(mask)]] = True
    return mask


def _note_shared(typed: Typed, registry: Registry, outside: str, number: str, rule: str) -> None:
    """Report the rows whose number several outside ids claim, in the tables from which names are learnt."""
    if number not in typed.given or not registry.shared:
        return
    shared = typed.frame[number].isin(registry.shared).to_numpy() & typed.accepted
    typed.report(rule, number, shared & typed.frame[outside].notna().to_numpy())
