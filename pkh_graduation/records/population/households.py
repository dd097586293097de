"""Table `keluarga`: what surveys wrote about each family, with stale houses, old income and gaps that are not random."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import decimal, iso, pick, whole, word_set, ya_tidak, yes
from .exits import sigmoid
from .families import year_of
from .labels import Labels
from .life import Life
from .welfare import SHOCK_BITS, SHOCKS

ASSETS = ("sepeda_motor", "lemari_es", "smartphone", "mobil", "emas", "ternak", "tabung_gas", "tv_datar")
RARE_ASSETS = ("ac", "pemanas_air", "telepon_rumah", "komputer", "sepeda", "perahu", "perahu_motor")
MASKED = ("penghasilan_rp", "pengeluaran_makan_pct", "jumlah_hutang_12bl", "pakaian_baru_12bl", "tabungan", "luas_lantai",
          "angsuran_bulan")  # fmt: skip
"""Columns with gaps, in the order of the mask's bits."""
FLOOR, WALL, ROOF = np.array([2, 4, 6, 7, 8]), np.array([1, 1, 3, 4, 6]), np.array([2, 2, 3, 6, 7])
TOILET, BOWL, SEWAGE = np.array([1, 1, 2, 4, 6]), np.array([1, 2, 3, 4, 0]), np.array([1, 1, 3, 4, 5])
POWER, FUEL, WATER = np.array([3, 2, 1, 1, 0]), np.array([4, 4, 4, 10, 10]), np.array([2, 4, 5, 6, 9])
SAVINGS = ("tidak", "di_bawah_500rb", "500rb_2jt", "di_atas_2jt")
CAUSES_OF_GAPS = ("acak", "terpencil", "pendamping_jarang", "miskin")


def keluarga(life: Life, labels: Labels) -> tuple[Draft, pd.DataFrame]:
    """The draft of table `keluarga` and the truth about its gaps (mask bits in the order of `MASKED`, chance, main cause)."""
    log = life.logs["survei"]
    rng = life.stream("keluarga")
    fam, q, day = log["fam"], log["triwulan"], log["hari"]
    now = {name: values[fam, q] for name, values in life.quarters.items() if values.ndim == 2}
    desa = life.fam["desa"][fam]
    n = len(fam)
    objects = rng.random(life.n) < life.preset.numbers["lapangan.keberatan"]
    since = rng.integers(0, life.preset.quarters, life.n)
    mask, truth = _gaps(rng, life, fam, now["w"])
    year = year_of(life.fam["masuk"][fam])
    columns = {
        "kpm_id": pick(labels.kpm, fam),
        "kode_wilayah": pick(list(life.region.desa), desa),
        "sumber_kode": pick(["bps"], np.zeros(n, dtype=np.int64)),
        "wilayah_sulit": yes(life.region.sulit[desa]),
        "perkotaan": yes(life.region.perkotaan[desa]),
        "kelompok_id": pick(labels.kelompok, life.fam["kelompok"][fam]),
        "status_kelompok": pick(["anggota", "ketua"], (rng.random(life.n) < 0.04)[fam].astype(np.int64)),
        "tahun_masuk_pkh": whole(year),
        "jumlah_anggota": whole(np.maximum(now["besar"], 1)),
        "keberatan_profil": yes(objects[fam] & (q >= since[fam])),
        "pbi_nas": yes((rng.random(life.n) < life.preset.numbers["program.pbi"])[fam]),
        "pbi_pemda": yes((rng.random(life.n) < 0.1)[fam]),
        "versi_kode": pick(["dtsen"], np.zeros(n, dtype=np.int64)),
        **_house(rng, life, fam, log["w_catat"], ~mask[5]),
        **_assets(rng, life, fam, log["w_catat"]),
        **_money(rng, life, fam, now, day, mask),
        "guncangan_12bl": word_set(_recent_shocks(life, fam, q), SHOCKS),
        "sumber": pick(["siks", "verivali"], (rng.random(n) < 0.3).astype(np.int64)),
        "tanggal_pemutakhiran": iso(day),
    }
    known = lagged(rng, day, life.preset.numbers["tanggal_diketahui.keluarga"], life.preset.numbers)
    truth.insert(0, "kpm_id", columns["kpm_id"])
    truth.insert(1, "hari", day.astype(np.int32))
    return Draft(pd.DataFrame(columns), day, known, "tanggal_pemutakhiran"), truth


def _gaps(rng: np.random.Generator, life: Life, fam: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
    """Masks (columns, rows) of values not asked or not answered: more often where remote, badly staffed or poor."""
    k = life.preset.numbers.section("hilang")
    remote = k["terpencil"] * life.fam["sulit"][fam]
    sparse = k["pendamping_jarang"] * (life.staff.supply[life.fam["post"][fam]] < 0.5)
    poor = k["w"] * w
    base = np.asarray(k["peluang"])[: len(MASKED)]
    logit = np.log(base / (1 - base))[:, None] + (remote + sparse + poor)
    chance = sigmoid(logit)
    mask: np.ndarray = rng.random(chance.shape) < chance
    parts = np.stack([np.full(len(fam), 0.05), remote, sparse, np.maximum(poor, 0)])
    bits = (mask * (1 << np.arange(len(MASKED)))[:, None]).sum(axis=0)
    cause = pick(list(CAUSES_OF_GAPS), parts.argmax(axis=0))
    truth = {"topeng": bits.astype(np.int16), "peluang": chance.mean(axis=0).astype(np.float32), "sebab": cause}
    return mask, pd.DataFrame(truth)


def _house(
    rng: np.random.Generator, life: Life, fam: np.ndarray, w: np.ndarray, area_known: np.ndarray
) -> dict[str, pd.Series]:
    """Codes of the house from the registered welfare and lasting traits of the family."""
    m = life.preset.numbers
    trait = rng.normal(size=(8, life.n))[:, fam]
    level = np.clip(np.round(m["rumah.lantai_pangkal"] + m["rumah.lantai_w"] * w + trait), 0, 4).astype(np.int64)
    floor, wall, roof, toilet, light, fuel, water, area = level
    tenure = np.searchsorted([0.80, 0.92, 0.98], rng.random(life.n))[fam]
    lit = POWER[light]
    return {
        "status_rumah": whole(np.array([1, 3, 2, 5])[tenure]),
        "jenis_lantai": whole(FLOOR[floor]),
        "luas_lantai": whole(np.clip(np.round(np.exp(3.75 - 0.12 * area + 0.3 * trait[7])), 9, 300), area_known),
        "jenis_dinding": whole(WALL[wall]),
        "jenis_atap": whole(ROOF[roof]),
        "air_minum": whole(WATER[water]),
        "penerangan": whole(np.where(lit > 0, 1, 4)),
        "daya": whole(lit, lit > 0),
        "bahan_bakar": whole(FUEL[fuel]),
        "fasilitas_bab": whole(TOILET[toilet]),
        "jenis_kloset": whole(BOWL[toilet], BOWL[toilet] > 0),
        "pembuangan_tinja": whole(SEWAGE[toilet]),
        "bukti_lahan": whole(np.array([1, 5, 3, 6])[tenure]),
        "jarak_air": whole(1 + (trait[6] > 0.3)),
        "internet_rumah": whole(np.where(level[4] < 3, 3, 0)),
        "rekening_aktif": whole(np.where(trait[5] > -0.8, 2, 4)),
    }


def _assets(rng: np.random.Generator, life: Life, fam: np.ndarray, w: np.ndarray) -> dict[str, pd.Series]:
    m = life.preset.numbers
    base = np.asarray(m["rumah.aset"])
    line = np.log(base / (1 - base))[:, None] + m["rumah.aset_w"] * w
    luck = rng.logistic(size=(len(ASSETS), life.n))[:, fam]
    has = dict(zip(ASSETS, line > luck, strict=True))
    livestock = has.pop("ternak")
    rare = (
        rng.random((len(RARE_ASSETS), life.n))[:, fam]
        < np.array([0.005, 0.002, 0.005, 0.03, 0.25, 0.01, 0.01])[:, None]
    )
    has |= dict(zip(RARE_ASSETS, rare, strict=True))
    heads = 1 + rng.poisson(1.0, (2, life.n))[:, fam]
    small = rng.random(life.n)[fam] < 0.8
    land, house = (rng.random((2, life.n)) < np.array([m["rumah.lahan_lain"], m["rumah.rumah_lain"]])[:, None])[:, fam]
    zero = np.zeros(len(fam), dtype=np.int64)
    return {
        **{f"aset_{name}": ya_tidak(values) for name, values in has.items()},
        "punya_aset": ya_tidak(np.any(list(has.values()), axis=0)),
        "lahan_lain": ya_tidak(land),
        "rumah_lain": ya_tidak(house),
        "ternak_sapi": whole(np.where(livestock & ~small, heads[0], 0)),
        "ternak_kerbau": whole(zero),
        "ternak_kuda": whole(zero),
        "ternak_babi": whole(zero),
        "ternak_kambing_domba": whole(np.where(livestock & small, heads[1], 0)),
    }


def _money(
    rng: np.random.Generator, life: Life, fam: np.ndarray, now: dict[str, np.ndarray], day: np.ndarray, mask: np.ndarray
) -> dict[str, pd.Series]:
    """Income and its evidence, food share, debts, clothes, savings, moneylender, instalments."""
    k = life.preset.numbers.section("keuangan")
    n, w = len(fam), now["w"].astype(np.float64)
    lasting = rng.normal(size=(2, life.n))[:, fam]
    works = life.fam["kerja"][fam] & ~((now["guncangan"] & 4 > 0) & (rng.random(n) < 0.5))
    place = 0.5 * np.log(life.region.garis / 582_932.0)
    noise = k["penghasilan_sd"] * (0.8 * lasting[0] + 0.6 * rng.normal(size=n))
    income = np.where(
        works, np.round(np.exp(k["penghasilan_log"] + place + k["penghasilan_w"] * w + noise) / 1000) * 1000, 0
    )
    old = rng.random(n) < k["penghasilan_usang"]
    evidence = day - np.where(old, rng.integers(366, 900, n), rng.integers(0, 60, n))
    food = np.clip(k["pangan_pangkal"] + k["pangan_w"] * w + 0.1 * rng.normal(size=n), 0.2, 0.95)
    debts = rng.poisson(np.exp(k["hutang_pangkal"] + k["hutang_w"] * w + k["hutang_rentenir"] * now["rentenir"]))
    clothes = rng.poisson(np.exp(k["pakaian_pangkal"] + k["pakaian_w"] * w))
    saving = np.searchsorted([0.2, 1.1, 2.0], 0.6 * w + lasting[1])
    loan = now["rentenir"] | life.fam["mekaar"][fam]
    instalment = np.where(loan, np.round(np.exp(12.3 + 0.5 * rng.normal(size=n)) / 1000) * 1000, 0)
    return {
        "penghasilan_rp": whole(income, ~mask[0]),
        "tanggal_penghasilan": iso(evidence, ~mask[0]),
        "pengeluaran_makan_pct": decimal(100 * food, 1, ~mask[1]),
        "jumlah_hutang_12bl": whole(debts, ~mask[2]),
        "pakaian_baru_12bl": whole(clothes, ~mask[3]),
        "tabungan": pick(list(SAVINGS), np.where(mask[4], -1, saving)),
        "utang_rentenir": yes(now["rentenir"]),
        "angsuran_bulan": whole(instalment, ~mask[6]),
    }


def _recent_shocks(life: Life, fam: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Bits of the last four quarters, in the order of `SHOCKS`."""
    seen = np.zeros(len(fam), dtype=np.int64)
    for back in range(4):
        seen |= np.where(q >= back, life.quarters["guncangan"][fam, np.maximum(q - back, 0)], 0)
    return np.asarray(sum(np.where(seen & bit, 1 << place, 0) for place, bit in enumerate(SHOCK_BITS)))
