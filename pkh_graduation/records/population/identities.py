"""Table `identitas`: made-up names, numbers and places of abode; several rows where the No. KK changed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import decimal, iso, numbered, pick
from .labels import Labels
from .life import Life
from .presets import YEAR

FIRST = (
    "Melati",
    "Kenanga",
    "Cempaka",
    "Anggrek",
    "Mawar",
    "Teratai",
    "Dahlia",
    "Flamboyan",
    "Seruni",
    "Bakung",
    "Soka",
    "Kamboja",
)
LAST = (
    "Embun",
    "Senja",
    "Fajar",
    "Awan",
    "Purnama",
    "Telaga",
    "Lembayung",
    "Gerimis",
    "Pelangi",
    "Samudra",
    "Rimba",
    "Cahaya",
)
STREETS = ("Jl. Contoh", "Gg. Rekaan", "Jl. Umpama", "Kp. Misal", "Dk. Andaian")


def identitas(life: Life, labels: Labels) -> Draft:
    """The draft of table `identitas`. Coordinates lie in the open sea; phones start with 0800, which no person has."""
    rng = life.stream("identitas")
    fam, day, turn = _versions(rng, life)
    n, number = len(fam), life.n
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    rt, rw = rng.integers(1, 13, (2, number))
    street, house = rng.integers(0, len(STREETS), number), rng.integers(1, 200, number)
    addresses = [f"{name} No. {no}" for name in STREETS for no in range(200)]
    issued = np.where(turn == 0, rng.integers(9_000, 17_000, n), day)
    pengurus = np.searchsorted(life.people["fam"], fam)
    frame = pd.DataFrame(
        {
            "kpm_id": pick(labels.kpm, fam),
            "no_kk": labels.no_kk(fam, issued, rng.integers(1, 10_000, n)),
            "nik_pengurus": pick(labels.nik, pengurus),
            "nama_pengurus": pick(names, rng.integers(0, len(names), number)[fam]),
            "alamat": pick(addresses, (street * 200 + house)[fam]),
            "rt": pick([f"{k:03d}" for k in range(13)], rt[fam]),
            "rw": pick([f"{k:03d}" for k in range(13)], rw[fam]),
            "dusun": pick([f"Dusun {k}" for k in "ABCDEF"], rng.integers(0, 6, number)[fam]),
            "no_hp": numbered("0800", rng.integers(0, 10**8, number)[fam], 8),
            "lat": decimal(-9.5 - rng.random(number)[fam], 5),
            "lon": decimal(99.0 + rng.random(number)[fam], 5),
            "id_pelanggan_pln": numbered("99", rng.integers(0, 10**10, number)[fam], 10),
            "tanggal_pemutakhiran": iso(day),
        }
    )
    known = lagged(rng, day, life.preset.numbers["tanggal_diketahui.keluarga"], life.preset.numbers)
    return Draft(frame, day, known, "tanggal_pemutakhiran")


def _versions(rng: np.random.Generator, life: Life) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Family, day and number of each row: entry, then up to two changes of the No. KK."""
    rate = life.preset.numbers["keluarga.ganti_kk"]
    begin = np.maximum(life.fam["masuk"], int(life.preset.starts[0]) - 200)
    wait = np.cumsum(rng.exponential(YEAR / rate, (life.n, 2)), axis=1).astype(np.int64)
    change = begin[:, None] + wait
    fam, turn = np.nonzero((change < life.fam["keluar1"][:, None]) & (change <= life.preset.cutoff))
    everyone = np.arange(life.n)
    entry = life.fam["masuk"]
    return (
        np.concatenate([everyone, fam]),
        np.concatenate([entry, change[fam, turn]]),
        np.concatenate([0 * everyone, turn + 1]),
    )
