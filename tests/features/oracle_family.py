"""What the features of the family itself mean: membership, welfare, the Madiun levels, finance, house, shocks, place."""

from __future__ import annotations

from functools import partial

from oracle_world import (
    Family,
    Row,
    change,
    define,
    divided,
    holds,
    least,
    mean,
    newest,
    newest_only,
    one_of,
    slope,
    years,
)

# ---------------------------------------------------------------- membership and welfare


def entries(family: Family, *kinds: str) -> list[Row]:
    return [row for row in family.rows("peristiwa_status") if row["jenis"] in kinds]


define(
    "kepesertaan_tahun",
    lambda f: None if f.masuk is None else years(f.day - f.masuk),
    lambda f: newest_only(entries(f, "masuk", "masuk_kembali")),
)
define("masuk_kembali_n", lambda f: len(entries(f, "masuk_kembali")), lambda f: entries(f, "masuk_kembali"))
define("ketua_kelompok", lambda f: one_of(f.home["status_kelompok"], "ketua"))


def before(family: Family, table: str, months: int) -> Row | None:
    """The latest observation that is at least so many months old."""
    return newest([row for row in family.rows(table) if row["day"] <= family.ago(months)])


def decile_then(family: Family) -> int | None:
    row = before(family, "peringkat", 12)
    return None if row is None else row["desil_nasional"]


def both_ranks(family: Family) -> list[Row]:
    old = before(family, "peringkat", 12)
    return [*family.states("peringkat"), *([old] if old else [])]


def days_since(rows: list[Row], family: Family) -> int | None:
    row = newest(rows)
    return None if row is None else family.day - row["day"]


define("desil", lambda f: f.rank["desil_nasional"], lambda f: f.states("peringkat"))
define("desil_perubahan_12", lambda f: change(f.rank["desil_nasional"], decile_then(f)), both_ranks)
define("desil_min_24", lambda f: least([r["desil_nasional"] for r in f.rows("peringkat", 24) if r["desil_nasional"]]))
define("desil_tren_24", lambda f: slope(f.rows("peringkat", 24), "desil_nasional"))
define("skor_dtsen", lambda f: f.rank["skor_dtsen"])
define("desil_umur_hari", lambda f: days_since(f.rows("peringkat"), f), lambda f: newest_only(f.rows("peringkat")))
define("data_umur_hari", lambda f: days_since(f.rows("keluarga"), f))


def living_there(family: Family) -> list[Row]:
    """Members who live in the family: not known to have left, present (1) or new (5) where presence is recorded."""
    return [
        row for row in family.states("anggota") if row["tanggal_keluar"] is None and row["keberadaan"] in (1, 5, None)
    ]


def size(family: Family) -> int | None:
    """Number of members, unknown if nobody was ever recorded."""
    return len(living_there(family)) if family.states("anggota") else None


def told(column: str, family: Family):
    return family.home[column]


def evidence_age(family: Family) -> int | None:
    date = family.home["tanggal_penghasilan"]
    return None if date is None else family.day - date


for feature, column in {
    "penghasilan_rp": "penghasilan_rp", "pangan_pct": "pengeluaran_makan_pct", "pakaian_n_12": "pakaian_baru_12bl",
    "pbi_nasional": "pbi_nas", "pbi_pemda": "pbi_pemda", "utang_rentenir": "utang_rentenir",
    "hutang_n_12": "jumlah_hutang_12bl", "angsuran_rp": "angsuran_bulan", "luas_lantai": "luas_lantai", "daya_level": "daya",
    "punya_lahan_lain": "lahan_lain", "punya_rumah_lain": "rumah_lain", "perkotaan": "perkotaan",
    "wilayah_sulit": "wilayah_sulit",
    **{f"punya_{name}": f"aset_{name}" for name in (
        "lemari_es", "tabung_gas", "tv_datar", "emas", "komputer", "sepeda_motor", "mobil", "smartphone")},
}.items():  # fmt: skip
    define(feature, partial(told, column), lambda f: f.states("keluarga"))

define("penghasilan_per_orang", lambda f: divided(f.home["penghasilan_rp"], size(f)))
define("penghasilan_umur_hari", evidence_age)
define("penghasilan_tren_24", lambda f: slope(f.rows("keluarga", 24), "penghasilan_rp"))

# ---------------------------------------------------------------- the Madiun score, by its published levels and crosswalk


def coded(levels: dict[int, tuple[int, ...]], value: int | None) -> int | None:
    return next((level for level, codes in levels.items() if value in codes), None)


def floor(row: Row) -> int | None:
    return coded({1: (8,), 2: (5, 6, 7, 9), 3: (4,), 4: (1, 2, 3)}, row["jenis_lantai"])


def wall(row: Row) -> int | None:
    return coded({1: (3, 4, 5, 6, 7), 2: (2,), 3: (1,)}, row["jenis_dinding"])


def toilet(row: Row) -> int | None:
    if row["fasilitas_bab"] in (5, 6):
        return 1
    return coded({2: (4,), 3: (1, 2, 3)}, row["jenis_kloset"])


def light(row: Row) -> int | None:
    if row["penerangan"] == 4:
        return 1
    power = coded({2: (1,), 3: (2,), 4: (3, 4, 5)}, row["daya"])
    # Electricity without a meter carries no power; it is read as the weakest.
    return 2 if power is None and row["penerangan"] in (2, 3) else power


def income_level(row: Row) -> int | None:
    rupiah = row["penghasilan_rp"]
    if rupiah is None:
        return {"nol": 1, "di_bawah_1jt": 2, "1_2jt": 3, "di_atas_2jt": 4}.get(row["penghasilan_kelas"])
    return 1 if rupiah == 0 else 2 if rupiah < 1_000_000 else 3 if rupiah <= 2_000_000 else 4


def rising(value: int | None) -> int | None:
    """0, 1, 2, 3 or more as levels 1 to 4."""
    return None if value is None else min(value, 3) + 1


def food_level(row: Row) -> int | None:
    share = row["pengeluaran_makan_pct"]
    if share is None:
        return None
    return 4 if share < 25 else 3 if share < 50 else 2 if share < 75 else 1


LIVESTOCK = ("sapi", "kerbau", "kuda", "babi", "kambing_domba")


def known_sum(row: Row, *columns: str) -> int | None:
    """Sum of what is recorded; missing if nothing is."""
    values = [int(row[column]) for column in columns if row[column] is not None]
    return sum(values) if values else None


def titles(row: Row) -> int | None:
    herd = known_sum(row, *(f"ternak_{name}" for name in LIVESTOCK))
    owned = known_sum(row, "lahan_lain", "rumah_lain", "aset_sepeda_motor", "aset_emas")
    return None if herd is None and owned is None else (owned or 0) + int((herd or 0) > 0)


def debts(row: Row) -> int | None:
    times = row["jumlah_hutang_12bl"]
    return None if times is None else 4 - min(times, 3)


for name, level in {
    "rumah": lambda row: coded({1: (5,), 2: (3, 4), 3: (2,), 4: (1,)}, row["status_rumah"]), "penghasilan": income_level,
    "hutang": debts, "pangan": food_level, "pakaian": lambda row: rising(row["pakaian_baru_12bl"]), "lantai": floor,
    "dinding": wall, "bab": toilet, "penerangan": light, "aset": lambda row: rising(titles(row)),
}.items():  # fmt: skip
    define(f"madiun_{name}", lambda f, level=level: level(f.home), lambda f: f.states("keluarga"))

# ---------------------------------------------------------------- finance of the family; house and assets

SAVINGS = {"tidak": 0, "di_bawah_500rb": 1, "500rb_2jt": 2, "di_atas_2jt": 3}
define("tabungan_level", lambda f: SAVINGS.get(f.home["tabungan"]))
define("angsuran_bagian", lambda f: divided(f.home["angsuran_bulan"], f.home["penghasilan_rp"], 100))
define("luas_per_orang", lambda f: divided(f.home["luas_lantai"], size(f)))

for feature, (column, codes) in {
    "rekening_aktif": ("rekening_aktif", (1, 2, 3)), "rekening_usaha": ("rekening_aktif", (1, 3)),
    "atap_layak": ("jenis_atap", (1, 2, 3)), "lahan_sertifikat": ("bukti_lahan", (1, 2, 3)),
    "air_layak": ("air_minum", (1, 2, 3, 4, 5, 7)), "tangki_septik": ("pembuangan_tinja", (1, 2)),
    "masak_bersih": ("bahan_bakar", (1, 2, 3, 4, 5, 6)), "internet_rumah": ("internet_rumah", (1, 2, 3)),
}.items():  # fmt: skip
    define(feature, lambda f, column=column, codes=codes: one_of(f.home[column], *codes))

# Code 3 of the distance says that nobody knows.
define("air_dekat_tinja", lambda f: {1: 1, 2: 0}.get(f.home["jarak_air"]))

MOVABLE = (
    "tabung_gas", "lemari_es", "ac", "pemanas_air", "telepon_rumah", "tv_datar", "emas", "komputer", "sepeda_motor", "sepeda",
    "mobil", "perahu", "perahu_motor", "smartphone",
)  # fmt: skip


def all_known(values: list[int | None]) -> int | None:
    return None if None in values else sum(values)


def quality(row: Row) -> int | None:
    return all_known([floor(row), wall(row), toilet(row), light(row)])


def kinds_owned(row: Row) -> int | None:
    return all_known([None if row[f"aset_{name}"] is None else int(row[f"aset_{name}"]) for name in MOVABLE])


def changed(measured, family: Family) -> int | None:
    """Against 24 months ago, where both observations tell everything."""
    old = before(family, "keluarga", 24)
    return None if old is None else change(measured(family.home), measured(old))


define("aset_n", lambda f: known_sum(f.home, *(f"aset_{name}" for name in MOVABLE)))
define("rumah_perubahan_24", partial(changed, quality))
define("aset_perubahan_24", partial(changed, kinds_owned))
define("ternak_besar_n", lambda f: known_sum(f.home, *(f"ternak_{n}" for n in ("sapi", "kerbau", "kuda"))))
define("ternak_kecil_n", lambda f: known_sum(f.home, *(f"ternak_{n}" for n in ("babi", "kambing_domba"))))

# ---------------------------------------------------------------- shocks and problems

SHOCKS = ("sakit", "phk", "bencana", "gagal_panen", "kematian")


def struck(kind: str, family: Family) -> int:
    return int(any(holds(row, "guncangan_12bl", kind) for row in family.rows("keluarga", 12)))


for kind in SHOCKS:
    define(f"guncangan_{kind}_12", partial(struck, kind), lambda f: f.rows("keluarga", 12))
define("guncangan_n_12", lambda f: sum(struck(kind, f) for kind in SHOCKS))


def open_problems(family: Family, **wanted: tuple[str, ...]) -> list[Row]:
    """Problems by their last status, the findings of the decider left out."""
    found = [
        row
        for row in family.states("masalah")
        if row["jenis"] not in ("sudah_mampu", "menolak_bantuan", "kendaraan_mewah")
        and row["status"] not in ("selesai", None)
    ]
    return [row for row in found if all(row[column] in words for column, words in wanted.items())]


define("masalah_terbuka_n", lambda f: len(open_problems(f)), open_problems)
define("masalah_mendesak_n", lambda f: len(open_problems(f, prioritas=("tinggi", "kritis"))))
define("masalah_rtlh", lambda f: len(open_problems(f, jenis=("rtlh",))))
define("masalah_putus_sekolah_n", lambda f: len(open_problems(f, jenis=("anak_putus_sekolah",))))

# ---------------------------------------------------------------- neighbours


def running(family: Family) -> list[Row]:
    """Enterprises not known to have closed."""
    return [row for row in family.states("usaha") if row["tanggal_tutup"] is None]


def came(family: Family, months: int | None = None) -> list[Row]:
    return [row for row in family.rows("p2k2_kehadiran", months) if row["hadir"] == "hadir"]


def average(value, place: str, family: Family) -> float | None:
    """Mean over the other families of the place of whom it is known."""
    return mean([v for other in family.others(place) if (v := value(other)) is not None])


def has_enterprise(family: Family) -> int:
    return int(bool(running(family)))


define(
    "tetangga_desil",
    partial(average, lambda f: f.rank["desil_nasional"], "desa"),
    lambda f: [row for near in [f, *f.others("desa")] if f.desa for row in near.states("peringkat")],
)
define("tetangga_usaha_bagian", partial(average, has_enterprise, "desa"))
define("tetangga_penghasilan", partial(average, lambda f: income_level(f.home), "desa"))
define(
    "kelompok_hadir_12",
    partial(average, lambda f: len(came(f, 12)), "kelompok"),
    lambda f: [row for near in [f, *f.others("kelompok")] if f.kelompok for row in came(near, 12)],
)
define("kelompok_usaha_bagian", partial(average, has_enterprise, "kelompok"))

# ---------------------------------------------------------------- guards and facts of visits


def loss(family: Family) -> int:
    """A death or a disaster in six months, whoever tells of it."""
    since = family.ago(6)
    told = any(holds(row, "guncangan_12bl", "kematian", "bencana") for row in family.rows("keluarga", 6))
    died = [r for r in family.states("anggota") if r["keberadaan"] == 2 or r["alasan_keluar"] == "meninggal"]
    left = any(r["tanggal_keluar"] is not None and r["tanggal_keluar"] > since for r in died)
    # Without a date of death, the day of the observation that found it.
    found = any(r["keberadaan"] == 2 and r["tanggal_keluar"] is None and r["day"] > since for r in died)
    deaths = ("meninggal", "pengurus_meninggal", "komponen_meninggal")
    reported = any(row["jenis"] in deaths for row in family.states("masalah", 6))
    return int(told or left or found or reported)


def objection(family: Family) -> int:
    """In the last record that says so or not, or at the last visit at which the family was asked."""
    flags = [row for row in family.rows("keluarga") if row["keberatan_profil"] is not None]
    asked = [r for r in family.rows("kunjungan") if r["keputusan_keluarga"] in ("setuju", "ragu", "tolak", "keberatan")]
    said = bool(asked) and newest(asked)["keputusan_keluarga"] == "keberatan"
    return int(said or (bool(flags) and bool(newest(flags)["keberatan_profil"])))


def visits(family: Family) -> list[Row]:
    """What is only planned (`belum`) is no visit."""
    return [row for row in family.rows("kunjungan") if row["hasil"] != "belum"]


define("pagar_kematian_bencana_6", loss)
define("pagar_keberatan", objection)
define("kunjungan_hari", lambda f: days_since(visits(f), f), lambda f: newest_only(visits(f)))
define("kunjungan_hasil", lambda f: (newest(visits(f)) or {"hasil": None})["hasil"])
