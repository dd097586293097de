"""Table `verifikasi_komitmen`: school attendance, health and social commitments, one month per quarter or every month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, to_25th
from .columns import decimal, pick, whole, yes
from .families import AUD, LANSIA, NONE, component, lansia_age
from .labels import Labels
from .life import Life
from .presets import first_of_month

KINDS = ("pendidikan", "kesehatan", "kesos")


def verifikasi(life: Life, labels: Labels) -> Draft:
    """The draft of table `verifikasi_komitmen`."""
    m = life.preset.numbers
    rng = life.stream("verifikasi")
    who, month, kind = _periods(life)
    n = len(who)
    absent, days = _absence(rng, n, m.section("verifikasi"))
    excused, ill = rng.poisson(0.3, n), rng.poisson(0.5, n)
    absent = np.minimum(absent, days)
    excused = np.minimum(excused, days - absent)
    ill = np.minimum(ill, days - absent - excused)
    pupil = kind == 0
    share = 100.0 * (days - absent) / days
    meets = np.where(pupil, share >= 85.0, rng.random(n) >= m["verifikasi.tidak_memenuhi_lain"])
    start = life.preset.first[0] * 12 + 3 * (life.preset.first[1] - 1)
    year, of_year = np.divmod(start + month, 12)
    end = first_of_month(start + month + 1 - 1970 * 12) - 1
    school = life.stream("sekolah").integers(0, 100_000, len(life.people["fam"]))
    frame = pd.DataFrame(
        {
            "anggota_id": pick(labels.anggota, who),
            "kpm_id": pick(labels.kpm, life.people["fam"][who]),
            "tahun": whole(year),
            "bulan": whole(of_year + 1),
            "jenis": pick(list(KINDS), kind),
            "hari_efektif": whole(days, pupil),
            "alpa": whole(absent, pupil),
            "izin": whole(excused, pupil),
            "sakit": whole(ill, pupil),
            "jml_tidak_hadir": whole(absent + excused + ill, pupil),
            "persen_hadir": decimal(share, 1, pupil),
            "memenuhi": yes(meets),
            "npsn": pick([f"99{number:06d}" for number in range(900)], np.where(pupil, school[who] % 900, -1)),
        }
    )
    quarter_end = life.preset.starts[month // 3 + 1] - 1
    lag = m["tanggal_diketahui.verifikasi"] + rng.integers(-5, 15, n)
    return Draft(frame, end, to_25th(rng, quarter_end + lag, m), "tanggal_periode")


def _periods(life: Life) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Member, month of the span and kind of every verified commitment."""
    people, m = life.people, life.preset.numbers
    parts = []
    for quarter in range(life.preset.quarters):
        day = int(life.preset.starts[quarter])
        code = component(people, day, lansia_age(day, m))
        code = np.where(life.quarters["aktif"][people["fam"], quarter], code, NONE)
        months = range(3 * quarter + life.preset.bulan_verifikasi - 1, 3 * quarter + 3, life.preset.bulan_verifikasi)
        who = np.flatnonzero(code > NONE)
        kind = np.select([code[who] >= LANSIA, code[who] == AUD], [2, 1], 0)
        end = life.preset.starts[quarter + 1] - 1
        stays = life.member_on(people["fam"][who], np.full(len(who), end))
        parts += [(who[stays], np.full(int(stays.sum()), month), kind[stays]) for month in months]
    who, month, kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    return who, month, kind


def _absence(rng: np.random.Generator, n: int, k: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Unexcused days absent and effective days of a month."""
    days = rng.integers(19, 25, n)
    weak = rng.random(n) < k["di_bawah_85"]
    few = rng.poisson(k["alpa"] / 3.0, n)
    many = np.ceil(days * rng.uniform(0.16, 0.5, n)).astype(np.int64)
    return np.where(weak, many, np.minimum(few, 2)), days
