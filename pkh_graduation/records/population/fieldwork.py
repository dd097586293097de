"""Tables `masalah` and `kunjungan`: problems reported and visits made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import iso, numbered, pick, whole
from .labels import Labels
from .life import Life

PROBLEMS = ("data_tidak_sesuai", "penerima_ganda", "sudah_mampu", "pindah_domisili", "tidak_ditemui", "menolak_bantuan",
            "kendaraan_mewah", "rtlh", "anak_putus_sekolah", "tekanan_graduasi", "lainnya", "pengurus_meninggal",
            "komponen_meninggal")  # fmt: skip
SHARES = np.array([0.25, 0.05, 0.06, 0.08, 0.10, 0.02, 0.02, 0.15, 0.10, 0.02, 0.15])
PRIORITY = ("rendah", "sedang", "tinggi", "kritis")
STATUS = ("terbuka", "proses", "ditindaklanjuti", "selesai")
RESULTS = ("ditemui", "tidak_ditemui", "pindah", "meninggal", "belum")
DECISIONS = ("setuju", "ragu", "tolak", "belum_ditanya")


def masalah(life: Life, labels: Labels) -> Draft:
    """The draft of table `masalah`: two or three status rows per problem, and deaths in the family."""
    rng = life.stream("masalah")
    active = life.quarters["aktif"]
    fam, q = np.nonzero(active & (rng.random(active.shape) < life.preset.numbers["lapangan.masalah"] / 4))
    day = rng.integers(life.preset.starts[q], life.preset.starts[q + 1])
    kind = rng.choice(len(SHARES), len(fam), p=SHARES)
    dead = np.flatnonzero(life.people["mati"] < life.people["pergi"])
    dead = dead[life.member_on(life.people["fam"][dead], life.people["mati"][dead]) & (rng.random(len(dead)) < 0.6)]
    dead = dead[
        (life.people["mati"][dead] >= life.preset.starts[0]) & (life.people["mati"][dead] <= life.preset.cutoff)
    ]
    death_kind = np.where(
        life.people["urut"][dead] == 0, PROBLEMS.index("pengurus_meninggal"), PROBLEMS.index("komponen_meninggal")
    )
    fam = np.concatenate([fam, life.people["fam"][dead]])
    day = np.concatenate([day, life.people["mati"][dead] + rng.integers(1, 20, len(dead))])
    kind = np.concatenate([kind, death_kind])
    inside = life.member_on(fam, day)
    fam, day, kind = fam[inside], day[inside], kind[inside]
    n = len(fam)
    step = np.cumsum(rng.integers(5, 40, (n, 3)), axis=1)
    steps = rng.integers(1, 4, n)
    number = np.arange(n)
    rows = [(number, np.zeros(n, dtype=np.int64), day)]
    rows += [(number[steps > s], np.full((steps > s).sum(), s + 1), (day + step[:, s])[steps > s]) for s in range(3)]
    case, status, when = (np.concatenate(column) for column in zip(*rows, strict=True))
    frame = pd.DataFrame(
        {
            "masalah_id": numbered(f"M99-{labels.part}", case, 6),
            "kpm_id": pick(labels.kpm, fam[case]),
            "jenis": pick(PROBLEMS, kind[case]),
            "prioritas": pick(PRIORITY, rng.choice(4, n, p=[0.35, 0.4, 0.2, 0.05])[case]),
            "status": pick(STATUS, status),
            "tanggal_lapor": iso(day[case]),
        }
    )
    known = lagged(rng, when, life.preset.numbers["tanggal_diketahui.lapangan"], life.preset.numbers)
    return Draft(frame, when, known, "tanggal_status")


def kunjungan(life: Life, labels: Labels) -> Draft:
    """The draft of table `kunjungan`; the pendamping's own rating is written down, and barred from features."""
    rng = life.stream("kunjungan")
    active = life.quarters["aktif"]
    fam, q = np.nonzero(active & (rng.random(active.shape) < life.preset.numbers["lapangan.kunjungan"]))
    day = rng.integers(life.preset.starts[q], life.preset.starts[q + 1])
    inside = life.member_on(fam, day)
    fam, q, day = fam[inside], q[inside], day[inside]
    n = len(fam)
    holder = life.staff.holder[life.fam["post"][fam], q]
    met = rng.choice(2, n, p=[0.93, 0.07])
    rating = np.clip(np.round(2.2 + 0.8 * life.quarters["eta_keluarga"][fam, q] + 0.7 * rng.normal(size=n)), 1, 5)
    asked = (rating >= 4) & (met == 0)
    decision = np.where(asked, np.searchsorted([0.4, 0.75], rng.random(n)), 3)
    frame = pd.DataFrame(
        {
            "kunjungan_id": numbered(f"V99-{labels.part}", np.arange(n), 7),
            "kpm_id": pick(labels.kpm, fam),
            "pendamping_id": pick(labels.pendamping, holder),
            "hasil": pick(RESULTS, met),
            "kesiapan_pendamping": whole(rating, met == 0),
            "keputusan_keluarga": pick(DECISIONS, decision),
        }
    )
    known = lagged(rng, day, life.preset.numbers["tanggal_diketahui.lapangan"], life.preset.numbers)
    return Draft(frame, day, known, "tanggal_kunjungan")
