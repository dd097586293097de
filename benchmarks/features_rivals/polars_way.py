"""The features as a good Polars user writes them: lazy, one visible scan a table, masks as columns, one collect at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

Moment = Mapping[str, int]
Tables = Mapping[str, pl.DataFrame]
ORDER = ("day", "known_day", "record_id")
"""What "last" means: event day, then known day, then record."""

SCHOOL_YEARS = {
    **dict.fromkeys(range(1, 6), 6), **dict.fromkeys(range(6, 11), 9), **dict.fromkeys(range(11, 18), 12),
    18: 14, 19: 16, 20: 17, 21: 18, 22: 21, 23: 0,
}  # fmt: skip
OWED = ["diterima", "berjalan", "macet"]
GOT = [*OWED, "lunas", "selesai"]
LENDERS = ["kur", "mekaar", "umi", "koperasi", "kdmp"]
c = pl.col


def build(tables: Tables, cohort: pl.DataFrame, m: Moment) -> pl.DataFrame:
    """One row per family of ``cohort(kpm, kelompok, desa)``, in its order."""
    parts = (payments, attendance, enterprises, members, programmes, income, ranks)
    out, counts = cohort.lazy(), ["sesi_terjadwal_12", "sesi_terlaksana_12"]
    for part in parts:
        found, zero = part(tables, m)
        out, counts = out.join(found, on="kpm", how="left", maintain_order="left"), counts + zero
    out = out.join(supply(tables, m), on="kelompok", how="left", maintain_order="left")
    none = c("usaha_aktif_n") == 0
    return (
        out.with_columns(c(counts).fill_null(0))
        .with_columns(pl.when(none).then(0.0).otherwise(c("usaha_lama_tahun", "usaha_omzet_rp")).name.keep())
        .with_columns(
            kelompok_hadir_12=of_the_others(c("p2k2_hadir_12"), "kelompok"),
            tetangga_usaha_bagian=of_the_others((c("usaha_aktif_n") > 0).cast(pl.Int64), "desa"),
            tetangga_desil=of_the_others(c("desil"), "desa"),
        )
        .drop("kpm", "kelompok", "desa")
        .collect()
    )


def seen(table: pl.DataFrame, m: Moment, since: str | None = None) -> pl.LazyFrame:
    """What was known, not corrected, not void, and had happened; perhaps of a window only."""
    t = m["as_of"]
    rows = table.lazy().filter(c("known_day") <= t, c("superseded_day") > t, ~c("batal"), c("day") <= t)
    return rows if since is None else rows.filter(c("day") > m[since])


def last(rows: pl.LazyFrame, entity: str, columns: Sequence[str]) -> pl.LazyFrame:
    """The last row of each entity."""
    return rows.sort(ORDER).unique(entity, keep="last").select(entity, *columns)


def where(mask: pl.Expr, column: str) -> pl.Expr:
    return pl.when(mask).then(c(column))


def slope(rows: pl.LazyFrame, column: str, name: str, m: Moment) -> pl.LazyFrame:
    """Least-squares slope a year."""
    t, x, n = (c("day") - m["as_of"]).cast(pl.Float64), c(column).cast(pl.Float64), pl.len()
    sums = (
        rows.filter(c(column).is_not_null())
        .group_by("kpm")
        .agg(n=n, t=t.sum(), x=x.sum(), tt=(t * t).sum(), tx=(t * x).sum())
    )
    spread = c("n") * c("tt") - c("t") ** 2
    along = c("n") * c("tx") - c("t") * c("x")
    return sums.select("kpm", pl.when(spread != 0).then(along / spread * 365.25).alias(name))


def of_the_others(value: pl.Expr, place: str) -> pl.Expr:
    """Mean over the other families of the place of whom the value is known."""
    others = value.count().over(place) - value.is_not_null().cast(pl.Int64)
    mean = (value.sum().over(place) - value.fill_null(0)) / others
    return pl.when(c(place).is_not_null() & (others > 0)).then(mean)


def together(*parts: pl.LazyFrame) -> pl.LazyFrame:
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part, on="kpm", how="left")
    return joined


def payments(tables: Tables, m: Moment) -> tuple[pl.LazyFrame, list[str]]:
    pkh, status, reason = c("bansos") == "PKH", c("status"), c("alasan_tertahan")
    recent, paid, held = c("day") > m["lo12"], pkh & (status == "cair"), pkh & (status == "tertahan")
    sums = {
        "bayar_rp_12": where(paid & recent, "nominal"), "bayar_rp_24": where(paid, "nominal"), "bayar_n_12": paid & recent,
        "bayar_tertahan_n_12": held & recent, "bayar_gagal_n_24": pkh & status.is_in(["gagal", "retur"]),
        "bayar_tidak_diambil_24": held & reason.is_in(["rekening_pasif", "tidak_hadir"]),
        "bayar_sanksi_24": held & (reason == "sanksi"),
        "bpnt_n_12": (c("bansos") == "BPNT") & (status == "cair") & recent,
    }  # fmt: skip
    # Masks become columns before the grouping: filters inside it cost twice as much.
    rows = seen(tables["penyaluran"], m, "lo24").with_columns(
        **sums,
        paid=paid,
        paid_day=where(paid, "day"),
        done=where(paid & recent, "penyaluran_id"),
        of=where(pkh & recent, "penyaluran_id"),
    )
    found = rows.group_by("kpm").agg(
        c(*sums).sum(),
        bayar_rerata_24=c("bayar_rp_24").mean(),
        bayar_simpangan_24=c("bayar_rp_24").std(),
        bayar_hari=m["as_of"] - c("paid_day").max(),
        bayar_cair_bagian_12=c("done").drop_nulls().n_unique() / c("of").drop_nulls().n_unique(),
    )
    found = found.with_columns(bayar_cair_bagian_12=c("bayar_cair_bagian_12").fill_nan(None))
    latest = last(rows.filter("bayar_n_12"), "kpm", ("nominal",)).rename({"nominal": "bayar_akhir_rp"})
    return together(found, latest, slope(rows.filter("paid"), "nominal", "bayar_tren_24", m)), list(sums)


def attendance(tables: Tables, m: Moment) -> tuple[pl.LazyFrame, list[str]]:
    came, year, two = c("hadir") == "hadir", c("day") > m["lo12"], c("day") > m["lo24"]
    marked, economy = c("hadir").is_in(["hadir", "izin", "sakit", "alpa"]) & year, c("modul") == 2
    told = two & c("pemahaman").is_not_null()
    sums = {
        "p2k2_hadir_3": (came & (c("day") > m["lo3"])).sum(), "p2k2_hadir_12": (came & year).sum(),
        "p2k2_alpa_12": ((c("hadir") == "alpa") & year).sum(), "p2k2_m2_hadir_n": (came & economy).sum(),
        "p2k2_modul_24": c("modul").filter(came & two).drop_nulls().n_unique(),
        "p2k2_ekonomi_n": c("sesi").filter(came & economy).drop_nulls().n_unique(),
    }  # fmt: skip
    found = (
        seen(tables["p2k2_kehadiran"], m)
        .group_by("kpm")
        .agg(
            **sums,
            p2k2_hari=m["as_of"] - c("day").filter(came & two).max(),
            p2k2_hadir_bagian_12=came.filter(marked).mean(),
            p2k2_paham_bagian_24=(c("pemahaman") == "baik").filter(told).mean(),
        )
    )
    return found, list(sums)


def supply(tables: Tables, m: Moment) -> pl.LazyFrame:
    held = c("terlaksana").fill_null(False)
    by = seen(tables["p2k2_sesi"], m, "lo12").group_by("kelompok")
    return by.agg(sesi_terjadwal_12=pl.len(), sesi_terlaksana_12=held.sum(), sesi_terlaksana_bagian_12=held.mean())


def enterprises(tables: Tables, m: Moment) -> tuple[pl.LazyFrame, list[str]]:
    t = m["as_of"]
    rows = seen(tables["usaha"], m)
    columns = ("kpm", "omzet_rp", "izin", "modal_sumber", "tanggal_mulai", "tanggal_tutup", "tanggal_diketahui_selesai")
    closed = ((c("tanggal_tutup") <= t) & (c("tanggal_diketahui_selesai") <= t)).fill_null(False)
    sums = {
        "usaha_aktif_n": pl.len(), "usaha_izin": (c("izin") != 11).any().cast(pl.Int64),
        "usaha_modal_rentenir": c("modal_sumber").str.split("|").list.contains("rentenir").any().cast(pl.Int64),
    }  # fmt: skip
    omzet = pl.when(c("omzet_rp").count() > 0).then(c("omzet_rp").sum()).cast(pl.Float64)
    now = (
        last(rows, "usaha", columns)
        .filter(~closed)
        .group_by("kpm")
        .agg(**sums, usaha_lama_tahun=(t - c("tanggal_mulai").min()) / 365.25, usaha_omzet_rp=omzet)
    )
    ages = rows.group_by("kpm").agg(usaha_data_umur_hari=t - c("day").max())
    trend = slope(rows.filter(c("day") > m["lo24"]), "omzet_rp", "usaha_omzet_tren_24", m)
    return together(ages, now, trend), list(sums)


def members(tables: Tables, m: Moment) -> tuple[pl.LazyFrame, list[str]]:
    columns = ("kpm", "tanggal_lahir", "keberadaan", "hubungan", "ijazah", "bekerja", "tanggal_keluar",
               "tanggal_diketahui_selesai")  # fmt: skip
    t = m["as_of"]
    left = ((c("tanggal_keluar") <= t) & (c("tanggal_diketahui_selesai") <= t)).fill_null(False)
    born = c("tanggal_lahir").cast(pl.Date)
    ymd = born.dt.year().cast(pl.Int64) * 10_000 + born.dt.month().cast(pl.Int64) * 100 + born.dt.day().cast(pl.Int64)
    here, age, adult = c("here"), c("age"), c("here") & (c("age") >= 18)
    now = last(seen(tables["anggota"], m), "anggota", columns).with_columns(
        here=~left & (c("keberadaan").is_in([1, 5]) | c("keberadaan").is_null()),
        age=((m["as_of_ymd"] - ymd) / 10_000).floor(),
        schooling=c("ijazah").cast(pl.Int64).replace_strict(SCHOOL_YEARS, default=None, return_dtype=pl.Int64),
    )
    found = now.group_by("kpm").agg(
        anggota_n=here.sum(),
        anak_n=(here & (age < 18)).sum(),
        lansia_n=(here & (age >= 60)).sum(),
        bekerja_n=(adult & c("bekerja")).sum(),
        dewasa_sma_n=(adult & (c("schooling") >= 12)).sum(),
        tanggungan_bagian=(here & ((age < 15) | (age >= 60))).sum() / here.sum(),
        kepala_umur=age.filter(here & (c("hubungan") == 1)).max(),
        dewasa_sekolah_rerata=c("schooling").filter(adult).mean(),
    )
    return found.with_columns(tanggungan_bagian=pl.when(c("anggota_n") > 0).then(c("tanggungan_bagian"))), []


def programmes(tables: Tables, m: Moment) -> tuple[pl.LazyFrame, list[str]]:
    got, loan = c("status").is_in(GOT), c("program").is_in(LENDERS)
    owed = loan & c("status").is_in(OWED)
    now = last(seen(tables["program_komplementer"], m), "program_key", ("kpm", "program", "status", "nominal", "day"))
    sums = {
        "program_pip": (got & (c("program") == "pip")).any().cast(pl.Int64),
        "program_sembako": (got & (c("program") == "sembako")).any().cast(pl.Int64),
        "program_pelatihan_n": (got & c("program").is_in(["prakerja", "blk"])).sum(),
        "kur_berjalan_n": (owed & (c("program") == "kur")).sum(), "pinjaman_berjalan_n": owed.sum(),
        "pinjaman_rp": c("nominal").filter(owed).sum(), "tunggakan_n": (loan & (c("status") == "macet")).sum(),
        "program_n_12": c("program").filter(got & (c("day") > m["lo12"])).n_unique(),
    }  # fmt: skip
    return now.group_by("kpm").agg(**sums), list(sums)


def income(tables: Tables, m: Moment) -> tuple[pl.LazyFrame, list[str]]:
    rows = seen(tables["keluarga"], m)
    earned = c("penghasilan_rp")
    now = last(rows, "kpm", ("penghasilan_rp", "angsuran_bulan")).select(
        "kpm", angsuran_bagian=pl.when(earned != 0).then(100 * c("angsuran_bulan") / earned)
    )
    return together(now, slope(rows.filter(c("day") > m["lo24"]), "penghasilan_rp", "penghasilan_tren_24", m)), []


def ranks(tables: Tables, m: Moment) -> tuple[pl.LazyFrame, list[str]]:
    rows = seen(tables["peringkat"], m)
    now = last(rows, "kpm", ("desil_nasional",)).rename({"desil_nasional": "desil"})
    then = last(rows.filter(c("day") <= m["lo12"]), "kpm", ("desil_nasional",))
    return together(now, then).select("kpm", "desil", desil_perubahan_12=c("desil") - c("desil_nasional")), []
