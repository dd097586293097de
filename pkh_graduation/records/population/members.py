"""Table `anggota`: a row per member at the first survey and whenever something about the member is seen again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import iso, pick, whole, ya_tidak, yes
from .families import ANAK, NONE, SD, Columns, present, school_level
from .labels import Labels
from .life import Life
from .presets import YEAR
from .regions import OPEN

SURVEY, BIRTH, DEATH, LEAVING, PREGNANCY = range(5)
DETECTED = 190
"""Days before the birth on which a pregnancy is written down."""


def anggota(life: Life, labels: Labels) -> Draft:
    """The draft of table `anggota`."""
    rng = life.stream("anggota")
    who, day, kind = _observations(rng, life)
    people = {name: values[who] for name, values in life.people.items()}
    known = _known(rng, life, day, kind)
    frame = pd.DataFrame(
        {
            "anggota_id": pick(labels.anggota, who),
            "kpm_id": pick(labels.kpm, people["fam"]),
            "nik": pick(labels.nik, who),
            "tanggal_lahir": iso(people["lahir"]),
            **_status(people, day),
            **_schooling(life, people, who, day),
            **_work(rng, life, people, who, day),
            **_health(rng, life, people, who, day),
            **_end(people, day, kind, known),
            "versi_kode": pick(["dtsen"], np.zeros(len(who), dtype=np.int64)),
            "tanggal_pemutakhiran": iso(day),
        }
    )
    return Draft(frame, day, known, "tanggal_pemutakhiran")


def _observations(rng: np.random.Generator, life: Life) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Member, day and kind of every observation."""
    people = life.people
    parts = [_surveyed(rng, life), _event(life, people["lahir"], np.flatnonzero(people["urut"] >= 8), BIRTH)]
    everyone = np.arange(len(people["fam"]))
    parts.append(_event(life, people["mati"], everyone[people["mati"] < people["pergi"]], DEATH))
    parts.append(_event(life, people["pergi"], everyone[people["pergi"] < people["mati"]], LEAVING))
    coming = np.flatnonzero((people["urut"] >= 8) & (people["urut"] < 11))
    mother = np.searchsorted(people["fam"], people["fam"][coming])
    for shift, kind in ((DETECTED, PREGNANCY), (0, BIRTH)):
        when = people["lahir"][coming] - shift
        inside = _inside(life, people["fam"][coming], when)
        parts.append((mother[inside], when[inside], np.full(int(inside.sum()), kind)))
    who, day, what = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((what, day, who))
    who, day, what = who[order], day[order], what[order]
    first = np.ones(len(who), dtype=bool)
    first[1:] = (who[1:] != who[:-1]) | (day[1:] != day[:-1])
    alive = (day >= people["lahir"][who]) & (day <= people["mati"][who])
    keep = first & alive
    return who[keep], day[keep], what[keep]


def _surveyed(rng: np.random.Generator, life: Life) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everyone at first surveys; at later ones children of school age and now and then the pengurus."""
    log, people = life.logs["survei"], life.people
    first = np.searchsorted(people["fam"], log["fam"])
    count = np.searchsorted(people["fam"], log["fam"], side="right") - first
    row = np.repeat(np.arange(len(first)), count)
    who = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    day = log["hari"][row]
    one = {name: people[name][who] for name in ("lahir", "mati", "pergi", "urut")}
    age = (day - one["lahir"]) / YEAR
    again = (age > 5) & (age < 22) | ((one["urut"] == 0) & (rng.random(len(row)) < 0.5))
    keep = present(one, day) & (log["awal"][row] | again)
    return who[keep], day[keep], np.full(int(keep.sum()), SURVEY)


def _inside(life: Life, fam: np.ndarray, day: np.ndarray) -> np.ndarray:
    inside: np.ndarray = (day >= life.preset.starts[0]) & (day <= life.preset.cutoff) & life.member_on(fam, day)
    return inside


def _event(life: Life, day: np.ndarray, who: np.ndarray, kind: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    who = who[_inside(life, life.people["fam"][who], day[who])]
    return who, day[who], np.full(len(who), kind)


def _known(rng: np.random.Generator, life: Life, day: np.ndarray, kind: np.ndarray) -> np.ndarray:
    m = life.preset.numbers
    lag = np.array(
        [m["tanggal_diketahui." + name] for name in ("keluarga", "kelahiran", "kematian", "keluarga", "keluarga")]
    )
    known = day.copy()
    for code in range(5):
        rows = np.flatnonzero(kind == code)
        known[rows] = lagged(rng, day[rows], float(lag[code]), m)
    return known


def _status(people: Columns, day: np.ndarray) -> dict[str, pd.Series]:
    age = (day - people["lahir"]) / YEAR
    couple = (people["urut"] <= 1) | (people["urut"] >= 11) & (people["nikah"] > 0)
    presence = np.select([day >= people["mati"], day >= people["pergi"]], [2, 3], 1)
    return {
        "jenis_kelamin": whole(people["kelamin"]),
        "hubungan": whole(people["hubungan"]),
        "kawin": whole(np.where((age < 17) | ~couple, 1, 2)),
        "keberadaan": whole(presence),
    }


def _schooling(life: Life, people: Columns, who: np.ndarray, day: np.ndarray) -> dict[str, pd.Series]:
    """Level and grade attended, highest level and certificate; adults keep what they had."""
    child = people["hubungan"] == ANAK
    level = np.where(child, school_level(people, day), NONE)
    attends = level > NONE
    begins = np.select([level == SD, level == SD + 1], [people["sd"], people["sd_selesai"]], people["smp_selesai"])
    grade = np.clip((day - begins) // 365 + 1, 1, np.where(level == SD, 6, 3))
    done = (
        (people["sd_selesai"] <= day).astype(np.int64) + (people["smp_selesai"] <= day) + (people["sma_selesai"] <= day)
    )
    ever = people["sd_selesai"] > people["sd"]
    done = np.where(ever, np.where((people["smp_selesai"] == people["sd_selesai"]), np.minimum(done, 1), done), 0)
    done = np.where(people["sma_selesai"] == people["smp_selesai"], np.minimum(done, 2), done)
    adult = np.clip(life.fam["edu_kelas"][people["fam"]], 0, 4)
    own = np.where(child, done, adult)
    certificate = np.array([23, 3, 8, 13, 19])[own]
    school = life.stream("sekolah").integers(0, 100_000, len(life.people["fam"]))
    pupil = np.where(attends, level - SD, -1)
    status = np.select([attends, ~child | (done > 0), child & (day >= people["sd"])], [2, 3, 1], 1)
    highest = np.where(attends, np.array([3, 8, 13])[np.maximum(pupil, 0)], certificate)
    aged = day - people["lahir"] >= 5 * YEAR
    return {
        "pendidikan": whole(highest, aged & (highest != 23)),
        "kelas": whole(grade, attends),
        "ijazah": whole(certificate, aged),
        "sekolah_status": whole(status, aged),
        "jenjang": pick(["sd", "smp", "sma"], pupil),
        "npsn": pick(_schools(), np.where(attends, school[who] % 900, -1)),
    }


def _schools() -> list[str]:
    return [f"99{number:06d}" for number in range(900)]


def _work(
    rng: np.random.Generator, life: Life, people: Columns, who: np.ndarray, day: np.ndarray
) -> dict[str, pd.Series]:
    """Work of persons of 15 and over who do not attend school."""
    fam = people["fam"]
    age = (day - people["lahir"]) / YEAR
    luck = rng.random(len(life.people["fam"]))[who]
    chance = np.where(people["urut"] == 1, 0.97, np.where(people["kelamin"] == 2, 0.45, 0.75)) * np.where(
        age > 70, 0.35, 1.0
    )
    adult = age >= 15
    works = adult & life.fam["kerja"][fam] & (luck < chance) & (people["disabilitas"] == 0)
    farm = life.fam["tani"][fam]
    trade = np.array([8, 11, 12, 13, 24])[(luck * 50).astype(np.int64) % 5]
    position = np.where(farm, np.where(luck < 0.4, 6, 1), np.where(luck < 0.5, 7, np.where(luck < 0.8, 4, 1)))
    state = works & (rng.random(len(life.people["fam"]))[who] < 0.002)
    return {
        "bekerja": ya_tidak(works, adult),
        "jam_kerja": whole(20 + np.round(30 * luck), works),
        "sektor": whole(np.where(farm, 1, trade), works),
        "status_pekerjaan": whole(np.where(state, 5, position), works),
        "asn_tni_polri_bumn": yes(state),
        "npwp": yes(adult & (luck > 0.97)),
    }


def _health(
    rng: np.random.Generator, life: Life, people: Columns, who: np.ndarray, day: np.ndarray
) -> dict[str, pd.Series]:
    """Pregnancy, severe disability and a few difficulties."""
    due = _due(life, people, day)
    expects = due < OPEN
    rounding = rng.integers(-9, 10, len(who))
    severe = people["disabilitas"] > 0
    age = (day - people["lahir"]) / YEAR
    trait = rng.random((3, len(life.people["fam"])))[:, who]
    frail = np.where(severe, 1, np.where((age > 60) & (trait[0] < 0.3), 3, 4))
    chronic = np.where((age > 45) & (trait[1] < 0.25), 2 + (trait[2] * 5).astype(np.int64), 1)
    return {
        "hamil": yes(expects),
        "tanggal_perkiraan_lahir": iso(due + rounding, expects),
        "disabilitas_berat": yes(severe),
        "kesulitan_c": whole(frail, age >= 2),
        "kesulitan_h": whole(np.where(severe, 1, 4), age >= 2),
        "penyakit_kronis": whole(chronic),
        "jamkes": whole(np.where(trait[2] < 0.8, 1, 0)),
    }


def _due(life: Life, people: Columns, day: np.ndarray) -> np.ndarray:
    """Day of the birth that the pengurus expects, of pregnancies already written down; `OPEN` if none."""
    everyone = life.people
    due = np.full(len(day), int(OPEN))
    for place in (8, 9, 10):
        birth = np.full(life.n, int(OPEN))
        of = everyone["urut"] == place
        birth[everyone["fam"][of]] = everyone["lahir"][of]
        mine = birth[people["fam"]]
        due = np.where((people["urut"] == 0) & (mine - DETECTED <= day) & (day < mine), mine, due)
    return due


def _end(people: Columns, day: np.ndarray, kind: np.ndarray, known: np.ndarray) -> dict[str, pd.Series]:
    dead, gone = kind == DEATH, kind == LEAVING
    reason = np.where(
        dead, 1, np.where(gone, np.where(people["urut"] < 11, np.where(people["nikah"] > 0, 2, 3), 0), -1)
    )
    return {
        "tanggal_keluar": iso(day, dead | gone),
        "alasan_keluar": pick(["pindah", "meninggal", "nikah", "kk_baru"], reason),
        "tanggal_diketahui_selesai": iso(known, dead | gone),
    }
