"""The features as a good pandas user writes them: one visible selection a table, masks first, then grouped aggregations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

Moment = Mapping[str, int]
Tables = Mapping[str, pd.DataFrame]
ORDER = ["day", "known_day", "record_id"]
"""What "last" means: event day, then known day, then record."""

SCHOOL_YEARS = {
    **dict.fromkeys(range(1, 6), 6), **dict.fromkeys(range(6, 11), 9), **dict.fromkeys(range(11, 18), 12),
    18: 14, 19: 16, 20: 17, 21: 18, 22: 21, 23: 0,
}  # fmt: skip
OWED = ["diterima", "berjalan", "macet"]
GOT = [*OWED, "lunas", "selesai"]
LENDERS = ["kur", "mekaar", "umi", "koperasi", "kdmp"]


def build(tables: Tables, cohort: pd.DataFrame, m: Moment) -> pd.DataFrame:
    """One row per family of ``cohort(kpm, kelompok, desa)``, in its order."""
    families = cohort.set_index("kpm")
    parts = [
        payments(tables, m), attendance(tables, m), enterprises(tables, m), members(tables, m), programmes(tables, m),
        income(tables, m), ranks(tables, m),
    ]  # fmt: skip
    counts = [count for _, counted in parts for count in counted]
    out = pd.concat([part.reindex(families.index) for part, _ in parts], axis=1)
    out[counts] = out[counts].fillna(0)
    out = out.join(families["kelompok"]).join(supply(tables, m), on="kelompok")
    out[["sesi_terjadwal_12", "sesi_terlaksana_12"]] = out[["sesi_terjadwal_12", "sesi_terlaksana_12"]].fillna(0)
    out.loc[out["usaha_aktif_n"] == 0, ["usaha_lama_tahun", "usaha_omzet_rp"]] = 0.0
    out["kelompok_hadir_12"] = of_the_others(out["p2k2_hadir_12"], families["kelompok"])
    out["tetangga_usaha_bagian"] = of_the_others((out["usaha_aktif_n"] > 0).astype("float64"), families["desa"])
    out["tetangga_desil"] = of_the_others(out["desil"], families["desa"])
    return out.drop(columns="kelompok").reset_index(drop=True)


def seen(table: pd.DataFrame, columns: Sequence[str], m: Moment, since: str | None = None) -> pd.DataFrame:
    """What was known, not corrected, not void, and had happened; perhaps of a window only."""
    t = m["as_of"]
    there = (table["known_day"] <= t) & (table["superseded_day"] > t) & ~table["batal"] & (table["day"] <= t)
    if since is not None:
        there &= table["day"] > m[since]
    return table.loc[there.fillna(False).astype(bool), [*columns, "day"]]


def last(rows: pd.DataFrame, entity: str) -> pd.DataFrame:
    return rows.sort_values(ORDER).drop_duplicates(entity, keep="last")


def number(values: pd.Series) -> pd.Series:
    return values.astype("float64")


def per_family(kpm: pd.Series, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Sums of flags or amounts, missing counted as 0."""
    return pd.DataFrame(columns).groupby(kpm).sum()


def slope(rows: pd.DataFrame, column: str, key: str, m: Moment) -> pd.Series:
    """Least-squares slope a year."""
    rows = rows[rows[column].notna()]
    t, x = number(rows["day"]) - m["as_of"], number(rows[column])
    s = pd.DataFrame({"n": 1.0, "t": t, "x": x, "tt": t * t, "tx": t * x}).groupby(rows[key]).sum()
    spread = s["n"] * s["tt"] - s["t"] ** 2
    return (s["n"] * s["tx"] - s["t"] * s["x"]) / spread.where(spread != 0) * 365.25


def of_the_others(value: pd.Series, place: pd.Series) -> pd.Series:
    """Mean over the other families of the place of whom the value is known."""
    added, known = value.groupby(place).transform("sum"), value.groupby(place).transform("count")
    others = known - value.notna()
    return (added - value.fillna(0)) / others.where(others > 0)


def payments(tables: Tables, m: Moment) -> tuple[pd.DataFrame, list[str]]:
    columns = ["kpm", "known_day", "record_id", "penyaluran_id", "bansos", "status", "alasan_tertahan", "nominal"]
    rows = seen(tables["penyaluran"], columns, m, "lo24")
    recent, pkh = rows["day"] > m["lo12"], rows["bansos"] == "PKH"
    paid, held = pkh & (rows["status"] == "cair"), pkh & (rows["status"] == "tertahan")
    nominal, reason = number(rows["nominal"]), rows["alasan_tertahan"]
    sums = per_family(
        rows["kpm"],
        {
            "bayar_rp_12": nominal.where(paid & recent), "bayar_rp_24": nominal.where(paid), "bayar_n_12": paid & recent,
            "bayar_tertahan_n_12": held & recent, "bayar_gagal_n_24": pkh & rows["status"].isin(["gagal", "retur"]),
            "bayar_tidak_diambil_24": held & reason.isin(["rekening_pasif", "tidak_hadir"]),
            "bayar_sanksi_24": held & (reason == "sanksi"),
            "bpnt_n_12": (rows["bansos"] == "BPNT") & (rows["status"] == "cair") & recent,
        },
    )  # fmt: skip
    received = rows[paid].assign(nominal=nominal)
    by = received.groupby("kpm")
    last_year = received[received["day"] > m["lo12"]]
    done = last_year.drop_duplicates(["kpm", "penyaluran_id"]).groupby("kpm").size()
    all_payments = rows[pkh & recent].drop_duplicates(["kpm", "penyaluran_id"]).groupby("kpm").size()
    found = sums.assign(
        bayar_rerata_24=by["nominal"].mean(),
        bayar_simpangan_24=by["nominal"].std(),
        bayar_tren_24=slope(received, "nominal", "kpm", m),
        bayar_hari=m["as_of"] - number(by["day"].max()),
        bayar_akhir_rp=last(last_year, "kpm").set_index("kpm")["nominal"],
        bayar_cair_bagian_12=done.reindex(all_payments.index, fill_value=0) / all_payments,
    )
    return found, list(sums.columns)


def attendance(tables: Tables, m: Moment) -> tuple[pd.DataFrame, list[str]]:
    rows = seen(tables["p2k2_kehadiran"], ["kpm", "hadir", "pemahaman", "modul", "sesi"], m)
    came, economy = rows["hadir"] == "hadir", (rows["modul"] == 2).fillna(False)
    year, two = rows["day"] > m["lo12"], rows["day"] > m["lo24"]
    marked = rows["hadir"].isin(["hadir", "izin", "sakit", "alpa"])
    told = two & rows["pemahaman"].notna()
    sums = per_family(
        rows["kpm"],
        {
            "p2k2_hadir_3": came & (rows["day"] > m["lo3"]), "p2k2_hadir_12": came & year,
            "p2k2_alpa_12": (rows["hadir"] == "alpa") & year, "p2k2_m2_hadir_n": came & economy,
            "marked": marked & year, "told": told, "baik": told & (rows["pemahaman"] == "baik"),
        },
    )  # fmt: skip
    recent = rows[came & two]
    lessons = rows[came & economy & rows["sesi"].notna()]
    modules = recent[recent["modul"].notna()].drop_duplicates(["kpm", "modul"])
    found = sums.assign(
        p2k2_hadir_bagian_12=sums["p2k2_hadir_12"] / sums["marked"].where(sums["marked"] > 0),
        p2k2_paham_bagian_24=sums["baik"] / sums["told"].where(sums["told"] > 0),
        p2k2_hari=m["as_of"] - number(recent.groupby("kpm")["day"].max()),
        p2k2_modul_24=modules.groupby("kpm").size(),
        p2k2_ekonomi_n=lessons.drop_duplicates(["kpm", "sesi"]).groupby("kpm").size(),
    )
    counts = ["p2k2_hadir_3", "p2k2_hadir_12", "p2k2_alpa_12", "p2k2_m2_hadir_n", "p2k2_modul_24", "p2k2_ekonomi_n"]
    return found.drop(columns=["marked", "told", "baik"]), counts


def supply(tables: Tables, m: Moment) -> pd.DataFrame:
    rows = seen(tables["p2k2_sesi"], ["kelompok", "terlaksana"], m, "lo12")
    held = rows["terlaksana"].fillna(False).astype(bool)
    made = pd.DataFrame({"sesi_terjadwal_12": 1.0, "sesi_terlaksana_12": held}).groupby(rows["kelompok"]).sum()
    return made.assign(sesi_terlaksana_bagian_12=made["sesi_terlaksana_12"] / made["sesi_terjadwal_12"])


def enterprises(tables: Tables, m: Moment) -> tuple[pd.DataFrame, list[str]]:
    ends = ["tanggal_mulai", "tanggal_tutup", "tanggal_diketahui_selesai"]
    columns = ["kpm", "known_day", "record_id", "usaha", "omzet_rp", "izin", "modal_sumber", *ends]
    rows = seen(tables["usaha"], columns, m)
    now = last(rows, "usaha")
    closed = (now["tanggal_tutup"] <= m["as_of"]) & (now["tanggal_diketahui_selesai"] <= m["as_of"])
    now = now[~closed.fillna(False).astype(bool)]
    lender = (
        now["modal_sumber"]
        .str.split("|")
        .apply(lambda words: "rentenir" in words if isinstance(words, list) else False)
    )
    sums = per_family(
        now["kpm"],
        {
            "usaha_aktif_n": pd.Series(1.0, now.index), "usaha_izin": (now["izin"] != 11).fillna(False),
            "usaha_modal_rentenir": lender.astype(bool),
        },
    ).clip(upper={"usaha_aktif_n": np.inf, "usaha_izin": 1, "usaha_modal_rentenir": 1})  # fmt: skip
    by = now.assign(omzet_rp=number(now["omzet_rp"])).groupby("kpm")
    everyone = rows.groupby("kpm")["day"].max()
    found = sums.reindex(everyone.index).assign(
        usaha_lama_tahun=(m["as_of"] - number(by["tanggal_mulai"].min())) / 365.25,
        usaha_omzet_rp=by["omzet_rp"].sum(min_count=1),
        usaha_data_umur_hari=m["as_of"] - number(everyone),
        usaha_omzet_tren_24=slope(rows[rows["day"] > m["lo24"]], "omzet_rp", "kpm", m),
    )
    return found, list(sums.columns)


def members(tables: Tables, m: Moment) -> tuple[pd.DataFrame, list[str]]:
    ends = ["tanggal_keluar", "tanggal_diketahui_selesai"]
    who = ["kpm", "known_day", "record_id", "anggota", "tanggal_lahir", "keberadaan", "hubungan", "ijazah", "bekerja"]
    now = last(seen(tables["anggota"], [*who, *ends], m), "anggota")
    left = (now["tanggal_keluar"] <= m["as_of"]) & (now["tanggal_diketahui_selesai"] <= m["as_of"])
    away = ~now["keberadaan"].isin([1, 5]) & now["keberadaan"].notna()
    here = ~(left.fillna(False) | away).astype(bool)
    born = pd.to_datetime(number(now["tanggal_lahir"]), unit="D")
    age = np.floor((m["as_of_ymd"] - (born.dt.year * 10_000 + born.dt.month * 100 + born.dt.day)) / 10_000)
    adult, schooling = here & (age >= 18), now["ijazah"].map(SCHOOL_YEARS)
    sums = per_family(
        now["kpm"],
        {
            "anggota_n": here, "anak_n": here & (age < 18), "lansia_n": here & (age >= 60),
            "bekerja_n": adult & now["bekerja"].fillna(False).astype(bool), "dewasa_sma_n": adult & (schooling >= 12),
            "dependent": here & ((age < 15) | (age >= 60)),
        },
    )  # fmt: skip
    head = here & (now["hubungan"] == 1).fillna(False)
    found = sums.assign(
        tanggungan_bagian=sums["dependent"] / sums["anggota_n"].where(sums["anggota_n"] > 0),
        kepala_umur=age[head].groupby(now["kpm"]).max(),
        dewasa_sekolah_rerata=number(schooling[adult]).groupby(now["kpm"]).mean(),
    )
    return found.drop(columns="dependent"), []


def programmes(tables: Tables, m: Moment) -> tuple[pd.DataFrame, list[str]]:
    columns = ["kpm", "known_day", "record_id", "program_key", "program", "status", "nominal"]
    now = last(seen(tables["program_komplementer"], columns, m), "program_key")
    got, loan = now["status"].isin(GOT), now["program"].isin(LENDERS)
    owed = loan & now["status"].isin(OWED)
    sums = per_family(
        now["kpm"],
        {
            "program_pip": got & (now["program"] == "pip"), "program_sembako": got & (now["program"] == "sembako"),
            "program_pelatihan_n": got & now["program"].isin(["prakerja", "blk"]),
            "kur_berjalan_n": owed & (now["program"] == "kur"), "pinjaman_berjalan_n": owed,
            "pinjaman_rp": number(now["nominal"]).where(owed), "tunggakan_n": loan & (now["status"] == "macet"),
        },
    )  # fmt: skip
    recent = now[got & (now["day"] > m["lo12"])].drop_duplicates(["kpm", "program"])
    flags = ["program_pip", "program_sembako"]
    found = sums.assign(**{name: sums[name].clip(upper=1) for name in flags}, program_n_12=recent.groupby("kpm").size())
    return found, list(found.columns)


def income(tables: Tables, m: Moment) -> tuple[pd.DataFrame, list[str]]:
    rows = seen(tables["keluarga"], ["kpm", "known_day", "record_id", "penghasilan_rp", "angsuran_bulan"], m)
    now = last(rows, "kpm").set_index("kpm")
    earned = number(now["penghasilan_rp"])
    found = pd.DataFrame({"angsuran_bagian": 100 * number(now["angsuran_bulan"]) / earned.where(earned != 0)})
    trend = slope(rows[rows["day"] > m["lo24"]], "penghasilan_rp", "kpm", m)
    return found.assign(penghasilan_tren_24=trend), []


def ranks(tables: Tables, m: Moment) -> tuple[pd.DataFrame, list[str]]:
    rows = seen(tables["peringkat"], ["kpm", "known_day", "record_id", "desil_nasional"], m)
    now = number(last(rows, "kpm").set_index("kpm")["desil_nasional"])
    then = number(last(rows[rows["day"] <= m["lo12"]], "kpm").set_index("kpm")["desil_nasional"])
    return pd.DataFrame({"desil": now, "desil_perubahan_12": now - then}), []
