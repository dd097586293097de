"""The hidden truth of a part, in tables of its own (`kebenaran_*`), keyed by the same outside ids as the records.

Feature code never sees these tables; tests and benchmarks hold a model against them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft
from .columns import pick
from .events import EFEKTIF, STAGES
from .exits import CAUSES, MANDIRI
from .families import DISABILITAS, LANSIA, exhaustion_day
from .labels import Labels
from .levers import LEVERS
from .life import Life
from .regions import OPEN

AFTER = 4
"""Quarters after leaving for which a family's hazards are still told (``aktif`` false): what would have been."""


def by_quarter(life: Life, labels: Labels) -> pd.DataFrame:
    """`kebenaran_triwulan`: traits and hazards of every family and quarter; hazards hold for families with ``aktif``."""
    q = life.quarters
    active = q["aktif"]
    told = active.copy()
    for back in range(1, AFTER + 1):
        told[:, back:] |= active[:, :-back]
    fam, quarter = np.nonzero(told)
    year, tahap = np.array([life.preset.year_tahap(k) for k in range(life.preset.quarters)]).T
    counts = q["komponen"][fam, quarter]
    protected = counts[:, LANSIA] + counts[:, DISABILITAS]
    readiness = (
        q["eta_keluarga"][fam, quarter]
        + life.preset.numbers["keluar.tidak_diusulkan_siap"] * life.fam["tak_diusulkan"][fam]
    )
    plain = {name: q[name][fam, quarter] for name in _PLAIN}
    return pd.DataFrame(
        {
            "kpm_id": pick(labels.kpm, fam),
            "triwulan": quarter.astype(np.int16),
            "tahun": year[quarter].astype(np.int16),
            "tahap": tahap[quarter].astype(np.int8),
            "hari_awal": life.preset.starts[quarter].astype(np.int32),
            "perlindungan": protected > 0,
            "hanya_perlindungan": (protected > 0) & (counts.sum(axis=1) == protected),
            "komponen_n": counts.sum(axis=1).astype(np.int8),
            "tidak_diusulkan": life.fam["tak_diusulkan"][fam],
            "kesiapan": readiness.astype(np.float32),
            "siap": readiness > life.preset.numbers["keluar.siap_ambang"],
            "sebab": pick([*CAUSES[1:]], q["sebab"][fam, quarter] - 1),
            **plain,
        }
    )


_PLAIN = (
    "aktif", "w", "usaha", "log_omzet", "m2", "kepesertaan", "tuas", "u", "tempat", "intersep", "berhenti", "eta_keluarga", "eta",
    "h_kasus", "lolos", "h_mandiri", "h_mandiri_rt", "h_alamiah", "h_desil", "h_administratif", "kasus", "desil",
)  # fmt: skip


def by_family(life: Life, labels: Labels, events: Draft) -> pd.DataFrame:
    """`kebenaran_keluarga`: entry, exits, return, the component clock, and lasting traits of every family."""
    f, n = life.fam, life.n
    rng = life.stream("pengenal")
    noise = rng.random((3, n))
    return pd.DataFrame(
        {
            "kpm_id": labels.kpm,
            "masuk_hari": _day(f["masuk"]),
            "keluar_hari": _day(f["keluar1"]),
            "sebab_keluar": pick([*CAUSES[1:]], f["sebab1"] - 1),
            "diketahui_keluar_hari": _day(_known_exit(life, labels, events)),
            "kembali_hari": _day(f["kembali"]),
            "keluar_kedua_hari": _day(f["keluar2"]),
            "sebab_kedua": pick([*CAUSES[1:]], f["sebab2"] - 1),
            "habis_hari": _day(exhaustion_day(life.people, f["masuk"], life.preset.numbers, planned=False)),
            "habis_jadwal_hari": _day(exhaustion_day(life.people, f["masuk"], life.preset.numbers, planned=True)),
            "bertahan": pd.array((f["sebab1"] == MANDIRI) & ~(f["kembali"] <= f["keluar1"] + 365), dtype="boolean"),
            "tidak_diusulkan": f["tak_diusulkan"],
            "terampil": f["terampil"].astype(np.float32),
            "jarak": f["jarak"].astype(np.float32),
            "giat": f["giat"].astype(np.float32),
            "desa": pick(list(life.region.desa), f["desa"]),
            "pos": (life.key.index * 1000 + f["post"]).astype(np.int32),
            **{f"pengenal_{k + 1}": noise[k].astype(np.float32) for k in range(3)},
        }
    )


def _day(values: np.ndarray) -> pd.arrays.IntegerArray:
    """Days as Int32, missing where the day never comes."""
    never = values >= int(OPEN)
    return pd.arrays.IntegerArray(np.where(never, 0, values).astype(np.int32), never)


def _known_exit(life: Life, labels: Labels, events: Draft) -> np.ndarray:
    """Day on which the first exit became known, as first written."""
    frame = events.frame
    final = (
        (frame["tahap_proses"] == STAGES[EFEKTIF]) & ~frame["jenis"].isin(["masuk", "masuk_kembali"]) & ~frame["batal"]
    )
    rows = np.flatnonzero(final)
    fam = pd.Index(labels.kpm).get_indexer(frame["kpm_id"].iloc[rows])
    mine = events.day[rows] == life.fam["keluar1"][fam]
    known = np.full(life.n, int(OPEN))
    np.minimum.at(known, fam[mine], events.known[rows[mine]])
    return known


def offers(life: Life, labels: Labels) -> pd.DataFrame:
    """`kebenaran_tawaran`: every opportunity of every lever, offered or not, with its chance."""
    log = life.logs["tawaran"]
    return pd.DataFrame(
        {
            "kpm_id": pick(labels.kpm, log["fam"]),
            "tuas": pick(list(LEVERS), log["tuas"]),
            "triwulan": log["triwulan"].astype(np.int16),
            "hari": log["hari"].astype(np.int32),
            "acak": log["acak"],
            "peluang": log["peluang"],
            "ditawari": log["ditawari"],
            "diambil": log["diambil"],
        }
    )


def field_staff(life: Life, labels: Labels) -> pd.DataFrame:
    """`kebenaran_pendamping`: propensity, meeting supply and stopping of every holder of a post."""
    field = life.staff
    post = field.spell_post
    spread = life.preset.numbers["pendamping.kecenderungan_sd"]
    quartile = 1 + np.searchsorted(np.array([-0.6745, 0.0, 0.6745]) * spread, field.spell_u)
    return pd.DataFrame(
        {
            "pendamping_id": labels.pendamping,
            "pos": (life.key.index * 1000 + post).astype(np.int32),
            "sejak_hari": field.spell_start.astype(np.int32),
            "sampai_hari": _day(field.spell_end),
            "u": field.spell_u,
            "kuartil": quartile.astype(np.int8),
            "pasokan": field.supply[post],
            "berhenti_di_target": field.stops[post],
        }
    )


def places(life: Life) -> pd.DataFrame:
    """`kebenaran_wilayah`: effects of the kabupaten and of its desa on the mandiri log-odds."""
    region = life.region
    return pd.DataFrame(
        {
            "desa": pick(list(region.desa), np.arange(len(region.desa))),
            "kabupaten": region.kode,
            "serupa_provinsi": region.serupa,
            "efek_kabupaten": region.efek,
            "efek_desa": region.efek_desa,
        }
    )


def truth_auc(quarters: pd.DataFrame, *, horizon: int = 4, score: str = "h_mandiri") -> float:
    """AUC of the planted hazard for a mandiri exit within ``horizon`` quarters, over families at risk.

    ``quarters`` is `kebenaran_triwulan`; ``score`` is ``h_mandiri`` (oracle) or ``h_mandiri_rt`` (household only: without
    pendamping, kabupaten and desa effects). Pairs are compared within a starting quarter, as lists are made at one date.

    Raises:
        ValueError: no quarter has both outcomes.
    """
    frame = quarters.sort_values(["kpm_id", "triwulan"], kind="stable")
    kpm = frame["kpm_id"].astype("category").cat.codes.to_numpy()
    time = frame["triwulan"].to_numpy()
    hazard = frame[score].to_numpy(dtype=np.float64)
    leaves = (frame["sebab"] == "mandiri").to_numpy(dtype=np.float64)
    total, exits = np.zeros(len(frame)), np.zeros(len(frame))
    for ahead in range(horizon):
        n = len(frame) - ahead
        same = (kpm[ahead:] == kpm[:n]) & (time[ahead:] == time[:n] + ahead)
        total[:n] += np.where(same, hazard[ahead:], 0.0)
        exits[:n] += np.where(same, leaves[ahead:], 0.0)
    usable = frame["aktif"].to_numpy(dtype=bool) & (time + horizon <= time.max() + 1)
    wins = pairs = 0.0
    for quarter in np.unique(time[usable]):
        rows = usable & (time == quarter)
        won, of = _pairs(total[rows], exits[rows] > 0)
        wins, pairs = wins + won, pairs + of
    if pairs == 0:
        raise ValueError(
            "no quarter has both families that left by mandiri and families that did not; take more families."
        )
    return wins / pairs


def _pairs(score: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """Won pairs (ties count half) and number of pairs of a positive and a negative."""
    order = np.argsort(score, kind="stable")
    values = score[order]
    first = np.searchsorted(values, values)
    last = np.searchsorted(values, values, side="right")
    rank = (first + last + 1) / 2.0
    n_positive = float(positive.sum())
    won = float(rank[positive[order]].sum()) - n_positive * (n_positive + 1) / 2
    return won, n_positive * (len(score) - n_positive)
