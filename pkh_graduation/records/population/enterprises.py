"""Enterprises: who owns one in each quarter, its turnover, and (`usaha`) what was written down about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import iso, numbered, pick, whole, word_set
from .exits import sigmoid
from .families import Columns
from .marginals import Marginals

if TYPE_CHECKING:
    from .labels import Labels
    from .life import Life


def owns_at_entry(rng: np.random.Generator, w: np.ndarray, m: Marginals) -> np.ndarray:
    """Families that own an enterprise when they enter."""
    return rng.random(len(w)) < sigmoid(m["usaha.punya_pangkal"] + m["usaha.punya_w"] * w)


def log_turnover(w: np.ndarray, trait: np.ndarray, m: Marginals) -> np.ndarray:
    """Natural logarithm of monthly turnover in rupiah."""
    return m["usaha.omzet_log"] + m["usaha.omzet_w"] * w + m["usaha.omzet_sd"] * trait


def change_ownership(rng: np.random.Generator, state: Columns, span: tuple[int, int], m: Marginals) -> None:
    """Close and start enterprises in a quarter, in place: ``usaha``, ``usaha_no``, ``usaha_mulai``, ``usaha_tutup``, ``sifat``."""
    n = len(state["usaha"])
    u = rng.random(n)
    tilt = np.exp(np.clip(0.3 * state["w"], -1.0, 1.0))
    owns = state["usaha"]
    closes = owns & (u < m["usaha.tutup"] / 4 / tilt)
    starts = ~owns & (u < m["usaha.mulai"] / 4 * tilt)
    day = rng.integers(span[0], span[1], n)
    state["sifat"] = 0.98 * state["sifat"] + rng.normal(0.0, np.sqrt(1 - 0.98**2), n)
    state["usaha_tutup"] = np.where(closes, day, state["usaha_tutup"])
    state["usaha_mulai"] = np.where(starts, day, state["usaha_mulai"])
    state["usaha_no"] = state["usaha_no"] + starts
    state["usaha"] = (owns & ~closes) | starts


KINDS = ("warung", "kue dan jajanan", "sayur keliling", "ternak kecil", "jahit", "kerajinan", "pulsa", "hasil kebun")
SECTORS = np.array([12, 14, 12, 5, 8, 8, 12, 2])
PLACES = ("rumah", "kios", "pasar", "keliling", "lahan", "online")
MARKETS = ("tetangga", "desa", "kecamatan", "online", "offtaker")
CAPITAL = ("sendiri", "kur", "mekaar", "umi", "koperasi", "rentenir", "pena", "ppse", "kube")


def usaha(life: Life, labels: Labels) -> Draft:
    """The draft of table `usaha`: about two observations a year of each enterprise, and its closing."""
    rng = life.stream("tabel_usaha")
    fam, q, closing = _observed(rng, life)
    states = life.quarters
    start = states["usaha_mulai"][fam, q]
    end = states["usaha_tutup"][fam, q]
    starts = life.preset.starts
    day = np.where(closing, end, rng.integers(starts[q], starts[q + 1]))
    keep = life.member_on(fam, day) & (day >= start)
    fam, q, closing, start, end, day = (column[keep] for column in (fam, q, closing, start, end, day))
    number = states["usaha_no"][fam, q]
    trait = rng.integers(0, len(KINDS), (life.n, 40))[fam, np.minimum(number, 39)]
    turnover = np.where(closing, states["omzet"][fam, np.maximum(q - 1, 0)], states["omzet"][fam, q]).astype(np.float64)
    known_turnover = (rng.random(len(fam)) >= life.preset.numbers["hilang.peluang"][7]) & (turnover > 0)
    rupiah = np.round(turnover * 1000) * 1000
    known = lagged(rng, day, life.preset.numbers["tanggal_diketahui.keluarga"], life.preset.numbers)
    frame = pd.DataFrame(
        {
            "usaha_id": numbered(f"U99-{labels.part}", fam * 40 + np.minimum(number, 39), 8),
            "kpm_id": pick(labels.kpm, fam),
            "pemilik_id": pick(labels.anggota, np.searchsorted(life.people["fam"], fam)),
            "jenis_usaha": pick(KINDS, trait),
            "sektor": whole(SECTORS[trait]),
            "tanggal_mulai": iso(start),
            "tanggal_tutup": iso(end, closing),
            "tanggal_diketahui_selesai": iso(known, closing),
            "omzet_kelas": whole(1 + np.searchsorted([5e6, 15e6, 25e6, 167e6], rupiah, side="right"), known_turnover),
            "omzet_rp": whole(rupiah, known_turnover),
            "laba_bersih_est": whole(np.round(rupiah * rng.uniform(0.1, 0.35, len(fam)) / 1000) * 1000, known_turnover),
            **_character(rng, life, fam, rupiah),
            "tanggal_catatan": iso(day),
        }
    )
    return Draft(frame, day, known, "tanggal_catatan")


def _observed(rng: np.random.Generator, life: Life) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Family, quarter and whether the enterprise was closed: the first quarter, then every second one."""
    own, active = life.quarters["usaha"], life.quarters["aktif"]
    number = life.quarters["usaha_no"]
    fresh = np.ones_like(own)
    fresh[:, 1:] = (number[:, 1:] != number[:, :-1]) | ~active[:, :-1]
    turn = (np.arange(own.shape[1]) + rng.integers(0, 2, life.n)[:, None]) % 2 == 0
    seen = own & active & (fresh | turn & (rng.random(own.shape) < 0.9))
    closed = np.zeros_like(own)
    closed[:, 1:] = own[:, :-1] & ~own[:, 1:] & active[:, 1:]
    fam, q = np.nonzero(seen | closed)
    return fam, q, closed[fam, q]


def _character(rng: np.random.Generator, life: Life, fam: np.ndarray, rupiah: np.ndarray) -> dict[str, pd.Series]:
    """Workers, licence, premises, market and sources of capital: lasting traits of the family's trade."""
    luck = rng.random((6, life.n))[:, fam]
    borrowed = np.where(life.fam["mekaar"][fam], 1 << CAPITAL.index("mekaar"), 0)
    size = np.clip(np.log10(np.maximum(rupiah, 1e5)) - 6, 0, 2)
    return {
        "pekerja_dibayar": whole((size * luck[0]).astype(np.int64)),
        "pekerja_keluarga": whole(1 + (luck[1] * 2).astype(np.int64)),
        "izin": whole(np.where(luck[2] < life.preset.numbers["usaha.nib"], 4, 11)),
        "pakai_internet": whole(np.where(luck[3] < 0.2, 1 + 8 * (luck[3] < 0.08), 0)),
        "tempat_usaha": pick(PLACES, np.searchsorted([0.55, 0.65, 0.75, 0.87, 0.97], luck[4])),
        "modal_sumber": word_set(borrowed | 1, CAPITAL),
        "pasar": pick(MARKETS, np.searchsorted([0.45, 0.8, 0.92, 0.97], luck[5])),
    }
