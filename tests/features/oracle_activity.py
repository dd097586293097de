"""What the features of activity mean: payments, group meetings, verification, programmes, loans, enterprises."""

from __future__ import annotations

from functools import partial

from oracle_family import came, days_since, running
from oracle_world import (
    Family,
    Row,
    define,
    divided,
    holds,
    mean,
    most,
    newest,
    newest_only,
    share,
    slope,
    spread,
    there,
    total,
    years,
)

# ---------------------------------------------------------------- payments


def pkh(family: Family, months: int, *statuses: str) -> list[Row]:
    return [r for r in family.rows("penyaluran", months) if r["bansos"] == "PKH" and r["status"] in statuses]


def paid(family: Family, months: int) -> list[Row]:
    return pkh(family, months, "cair")


def held(family: Family, months: int, *reasons: str) -> list[Row]:
    found = pkh(family, months, "tertahan")
    return [row for row in found if row["alasan_tertahan"] in reasons] if reasons else found


def paid_out(family: Family) -> float | None:
    """Of the payments with news in 12 months, those that were paid, whatever was said of them before."""
    payments = {r["penyaluran_id"] for r in family.rows("penyaluran", 12) if r["bansos"] == "PKH"}
    done = {row["penyaluran_id"] for row in paid(family, 12)}
    return divided(len(done), len(payments))


for months in (12, 24):
    define(
        f"bayar_rp_{months}",
        lambda f, m=months: total(paid(f, m), "nominal"),
        lambda f, m=months: paid(f, m),
    )
define("bayar_n_12", lambda f: len(paid(f, 12)))
define("bayar_rerata_24", lambda f: mean(there(paid(f, 24), "nominal")))
define("bayar_simpangan_24", lambda f: spread(there(paid(f, 24), "nominal")), lambda f: paid(f, 24))
define("bayar_tren_24", lambda f: slope(paid(f, 24), "nominal"))
define(
    "bayar_akhir_rp",
    lambda f: (newest(paid(f, 12)) or {"nominal": None})["nominal"],
    lambda f: newest_only(paid(f, 12)),
)
define("bayar_hari", lambda f: days_since(paid(f, 24), f), lambda f: newest_only(paid(f, 24)))
define("bayar_tertahan_n_12", lambda f: len(held(f, 12)))
define("bayar_gagal_n_24", lambda f: len(pkh(f, 24, "gagal", "retur")))
define("bayar_cair_bagian_12", paid_out)
define("bayar_tidak_diambil_24", lambda f: len(held(f, 24, "rekening_pasif", "tidak_hadir")))
define("bayar_sanksi_24", lambda f: len(held(f, 24, "sanksi")))
define(
    "bpnt_n_12",
    lambda f: sum(r["bansos"] == "BPNT" and r["status"] == "cair" for r in f.rows("penyaluran", 12)),
)

# ---------------------------------------------------------------- group meetings: supply, then attendance


def offered(family: Family, months: int, *, module: int | None = None) -> list[Row]:
    return [row for row in family.group("p2k2_sesi", months) if module is None or row["modul"] == module]


def took_place(rows: list[Row]) -> int:
    return sum(bool(row["terlaksana"]) for row in rows)


define("sesi_terjadwal_12", lambda f: len(offered(f, 12)), lambda f: offered(f, 12))
define("sesi_terlaksana_12", lambda f: took_place(offered(f, 12)))
define("sesi_terlaksana_bagian_12", lambda f: share(offered(f, 12), lambda row: bool(row["terlaksana"])))
define("sesi_ekonomi_24", lambda f: took_place(offered(f, 24, module=2)))


def marked(family: Family, months: int | None = None) -> list[Row]:
    """Sheets that say who came; an unmarked one says nothing of the family."""
    return [r for r in family.rows("p2k2_kehadiran", months) if r["hadir"] in ("hadir", "izin", "sakit", "alpa")]


def attended(rows: list[Row]) -> float | None:
    return share(rows, lambda row: row["hadir"] == "hadir")


def attendance(word: str, family: Family) -> int:
    return sum(row["hadir"] == word for row in family.rows("p2k2_kehadiran", 12))


def understood(family: Family) -> float | None:
    judged = [row for row in family.rows("p2k2_kehadiran", 24) if row["pemahaman"] is not None]
    return share(judged, lambda row: row["pemahaman"] == "baik")


define("p2k2_hadir_3", lambda f: len(came(f, 3)))
define("p2k2_hadir_12", lambda f: len(came(f, 12)), lambda f: came(f, 12))
define("p2k2_hadir_bagian_12", lambda f: attended(marked(f, 12)), lambda f: marked(f, 12))
define("p2k2_hadir_bagian_24", lambda f: attended(marked(f, 24)))
define("p2k2_alpa_12", partial(attendance, "alpa"))
define("p2k2_tidak_tercatat_12", partial(attendance, "tidak_tercatat"))
define("p2k2_hari", lambda f: days_since(came(f, 24), f))
define("p2k2_modul_24", lambda f: len(set(there(came(f, 24), "modul"))))
define("p2k2_paham_bagian_24", understood)


def of_module(module: int, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["modul"] == module]


for module in range(1, 7):
    define(f"p2k2_m{module}_hadir_n", lambda f, m=module: len(of_module(m, came(f))))
    define(f"p2k2_m{module}_hadir_bagian", lambda f, m=module: attended(of_module(m, marked(f))))


def economy(family: Family) -> int:
    """Different sessions of module 2; it has three."""
    return len(set(there(of_module(2, came(family)), "sesi")))


define("p2k2_ekonomi_n", economy, lambda f: of_module(2, came(f)))
define("p2k2_ekonomi_lengkap", lambda f: int(economy(f) >= 3))

# ---------------------------------------------------------------- verification


def school(family: Family) -> list[Row]:
    return [row for row in family.rows("verifikasi_komitmen", 12) if row["jenis"] == "pendidikan"]


def failed(rows: list[Row]) -> int:
    return sum(row["memenuhi"] is not None and not row["memenuhi"] for row in rows)


def met(family: Family) -> float | None:
    return mean([int(told) for told in there(family.rows("verifikasi_komitmen", 12), "memenuhi")])


def worst_pupil(family: Family) -> int:
    rows = school(family)
    return max(
        (total([r for r in rows if r["anggota"] == pupil], "alpa") for pupil in {r["anggota"] for r in rows}), default=0
    )


define("komitmen_bagian_12", met)
define("komitmen_gagal_n_12", lambda f: failed(f.rows("verifikasi_komitmen", 12)))
define("sekolah_alpa_12", lambda f: total(school(f), "alpa"))
define("sekolah_alpa_terburuk_12", worst_pupil, school)
define("sekolah_sakit_12", lambda f: total(school(f), "sakit"))
define(
    "kesehatan_gagal_n_24",
    lambda f: failed([r for r in f.rows("verifikasi_komitmen", 24) if r["jenis"] == "kesehatan"]),
)

# ---------------------------------------------------------------- programmes and loans, each case by its last status

GOT = ("diterima", "berjalan", "lunas", "selesai", "macet")
GRANTS = ("pena", "ppse", "kube", "uep")
LENDERS = ("kur", "mekaar", "umi", "koperasi", "kdmp")


def cases(family: Family, statuses: tuple[str, ...], *programmes: str) -> list[Row]:
    found = [row for row in family.states("program_komplementer") if row["status"] in statuses]
    return [row for row in found if row["program"] in programmes] if programmes else found


def got(family: Family, *programmes: str) -> list[Row]:
    return cases(family, GOT, *programmes)


for name in (
    "pena", "ppse", "kube", "uep", "nib", "bpjs_tk", "sembako", "pbi_jkn", "pip", "kip_k", "atensi", "blt_dd",
):  # fmt: skip
    define(f"program_{name}", lambda f, n=name: int(bool(got(f, n))), lambda f, n=name: got(f, n))
define("program_rumah", lambda f: int(bool(got(f, "rst", "bsps"))))
define("program_pelatihan_n", lambda f: len(got(f, "prakerja", "blk")))
define("bantuan_usaha_rp", lambda f: total(got(f, *GRANTS), "nominal"))


def since_last_grant(family: Family) -> int | None:
    """From the day on which the newest grant was first said to be received: later news of it is no new grant."""
    first: dict[int, int] = {}
    for row in family.rows("program_komplementer"):
        if row["program"] in GRANTS and row["status"] in GOT:
            first[row["program_key"]] = min(row["day"], first.get(row["program_key"], row["day"]))
    return family.day - max(first.values()) if first else None


define("bantuan_usaha_hari", since_last_grant)
define(
    "program_n_12",
    lambda f: len({r["program"] for r in f.states("program_komplementer", 12) if r["status"] in GOT}),
)
define("program_usul_sendiri_n", lambda f: sum(row["pengusul"] == "sendiri" for row in got(f)))


def owed(family: Family, *lenders: str) -> list[Row]:
    """A loan without an end is running; one in arrears is still owed."""
    return cases(family, ("diterima", "berjalan", "macet"), *(lenders or LENDERS))


for name in ("kur", "mekaar", "umi"):
    define(f"{name}_berjalan_n", lambda f, n=name: len(owed(f, n)))
define("koperasi_berjalan_n", lambda f: len(owed(f, "koperasi", "kdmp")))
define("pinjaman_berjalan_n", lambda f: len(owed(f)), owed)
define("pinjaman_ganda", lambda f: int(len(owed(f)) >= 2))
define("pinjaman_rp", lambda f: total(owed(f), "nominal"))
define("pinjaman_angsuran_rp", lambda f: total(owed(f), "angsuran_bulan"))
define("tunggakan_n", lambda f: len(cases(f, ("macet",), *LENDERS)))
define("pinjaman_lunas_n", lambda f: len(cases(f, ("lunas", "selesai"), *LENDERS)))

# ---------------------------------------------------------------- enterprises, each by its last observation

JUTA = 1_000_000
CLASSES = ((4167, 7), (1250, 6), (167, 5), (25, 4), (15, 3), (5, 2), (0, 1))
"""Lower bounds in millions of rupiah a month, and their class of list 425."""


def turnover_class(row: Row) -> int | None:
    if row["omzet_kelas"] is not None or row["omzet_rp"] is None:
        return row["omzet_kelas"]
    return next(number for low, number in CLASSES if row["omzet_rp"] >= low * JUTA)


def or_none_running(value, family: Family):
    """0 without a running enterprise; with one, the value, which may be unknown."""
    return value(running(family)) if running(family) else 0


def oldest(rows: list[Row], family: Family) -> float | None:
    starts = there(rows, "tanggal_mulai")
    return years(family.day - min(starts)) if starts else None


def summed(rows: list[Row]) -> int | None:
    return sum(there(rows, "omzet_rp")) if there(rows, "omzet_rp") else None


REACH = {"tetangga": 1, "desa": 2, "kecamatan": 3, "online": 4, "offtaker": 4}

define("usaha_aktif_n", lambda f: len(running(f)), running)
define("usaha_lama_tahun", lambda f: or_none_running(lambda rows: oldest(rows, f), f))
define("usaha_baru_12_n", lambda f: sum(start > f.ago(12) for start in there(running(f), "tanggal_mulai")))
define("usaha_tutup_24_n", lambda f: sum(end > f.ago(24) for end in there(f.states("usaha"), "tanggal_tutup")))
define("usaha_data_umur_hari", lambda f: days_since(f.rows("usaha"), f))
define("usaha_tani_n", lambda f: sum(sector <= 6 for sector in there(running(f), "sektor")))
define("usaha_dagang_n", lambda f: there(running(f), "sektor").count(12))
define(
    "usaha_omzet_kelas",
    partial(or_none_running, lambda rows: most([c for r in rows if (c := turnover_class(r)) is not None])),
)
define("usaha_omzet_rp", partial(or_none_running, summed))
define("usaha_omzet_tren_24", lambda f: slope(f.rows("usaha", 24), "omzet_rp"))
define("usaha_laba_rp", lambda f: most(there(running(f), "laba_bersih_est")))
define("usaha_pekerja_dibayar_n", lambda f: total(running(f), "pekerja_dibayar"))
define("usaha_pekerja_keluarga_n", lambda f: total(running(f), "pekerja_keluarga"))
define(
    "usaha_pasar_level",
    partial(or_none_running, lambda rows: most([REACH[market] for market in there(rows, "pasar")])),
)

for feature, test in {
    "usaha_izin": lambda row: row["izin"] not in (None, 11), "usaha_nib": lambda row: row["izin"] == 4,
    "usaha_internet": lambda row: bool(row["pakai_internet"]),
    "usaha_tempat_tetap": lambda row: row["tempat_usaha"] in ("kios", "pasar"),
    "usaha_modal_sendiri": lambda row: holds(row, "modal_sumber", "sendiri"),
    "usaha_modal_kredit": lambda row: holds(row, "modal_sumber", "kur", "mekaar", "umi", "koperasi"),
    "usaha_modal_rentenir": lambda row: holds(row, "modal_sumber", "rentenir"),
    "usaha_modal_bantuan": lambda row: holds(row, "modal_sumber", "pena", "ppse", "kube"),
}.items():  # fmt: skip
    define(
        feature,
        lambda f, test=test: int(any(test(row) for row in running(f))),
        lambda f, test=test: [row for row in running(f) if test(row)],
    )
