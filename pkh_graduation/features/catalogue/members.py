"""Anggota: who lives in the family, their schooling, work and health, by the last observation of each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import ratio, years, yes
from pkh_graduation.features.catalogue.sources import ANGGOTA
from pkh_graduation.features.expressions import AS_OF, age
from pkh_graduation.features.feature import Feature

HERE = (1, 5)
"""Presence codes of those who live in the family (code list 404)."""

PRESENT = ANGGOTA.where(ANGGOTA.open & (ANGGOTA["keberadaan"].isin(*HERE) | ANGGOTA["keberadaan"].is_null()))
AGE = age(ANGGOTA["tanggal_lahir_ymd"])
ADULT = PRESENT.where(AGE >= 18)
WORKING_AGE = PRESENT.where(AGE.between(15, 64))
HEAD = PRESENT.where(ANGGOTA["hubungan"] == 1)

SCHOOL_YEARS = {
    0: [23], 6: [1, 2, 3, 4, 5], 9: [6, 7, 8, 9, 10], 12: [11, 12, 13, 14, 15, 16, 17], 14: [18], 16: [19], 17: [20], 18: [21],
    21: [22],
}  # fmt: skip
"""Years of schooling that a certificate (code list 415) stands for."""

UNSUBSIDISED = tuple(mask for mask in range(16) if mask & (2 | 4))
"""Bit masks (code list 431a) with an insurance of one's own (2) or the employer's (4); 1 is the subsidy, 8 another."""

_f = partial(Feature, theme="kesejahteraan")


def features() -> Iterator[Feature]:
    """Features of the members. A family without any known member has unknown, not empty, counts."""
    yield from _composition()
    yield from _schooling()
    yield from _work()
    yield from _health()


def _composition() -> Iterator[Feature]:
    n = PRESENT.count().or_unknown()
    dependent = PRESENT.where((AGE < 15) | (AGE >= 60)).count().or_unknown()
    yield _f("anggota_n", n, "orang", "banyaknya anggota keluarga", "family size")
    yield _f(
        "anak_n",
        PRESENT.where(AGE < 18).count().or_unknown(),
        "orang",
        "banyaknya anak di bawah 18 tahun",
        "children under 18",
    )
    yield _f(
        "lansia_n",
        PRESENT.where(AGE >= 60).count().or_unknown(),
        "orang",
        "anggota berusia 60 tahun atau lebih",
        "members of 60 or more",
    )
    yield _f(
        "usia_kerja_n",
        WORKING_AGE.count().or_unknown(),
        "orang",
        "anggota usia kerja (15-64 tahun)",
        "members of working age (15-64)",
    )
    yield _f(
        "tanggungan_bagian", ratio(dependent, n), "bagian", "bagian anggota di bawah 15 atau dari 60 tahun",
        "share of members under 15 or from 60", sign=-1,
    )  # fmt: skip
    yield _f(
        "kepala_perempuan",
        yes(HEAD.where(ANGGOTA["jenis_kelamin"] == 2).count().or_unknown()),
        "0/1",
        "kepala keluarga perempuan",
        "the head is a woman",
    )
    yield _f("kepala_umur", HEAD.max(AGE), "tahun", "umur kepala keluarga", "age of the head")
    yield _f(
        "kepala_kawin",
        yes(HEAD.where(ANGGOTA["kawin"] == 2).count().or_unknown()),
        "0/1",
        "kepala keluarga berpasangan",
        "the head is married",
    )
    yield _f(
        "usia_pena_n",
        PRESENT.where(AGE.between(20, 45)).count().or_unknown(),
        "orang",
        "anggota berusia 20-45 tahun",
        "members aged 20-45",
    )
    yield _f(
        "bungsu_umur", years(PRESENT.min(AS_OF - ANGGOTA["tanggal_lahir"])), "tahun", "umur anggota termuda",
        "age of the youngest member", theme="komponen",
    )  # fmt: skip


def _schooling() -> Iterator[Feature]:
    certificate = ANGGOTA["ijazah"].recode(SCHOOL_YEARS)
    yield _f(
        "kepala_sekolah_tahun", HEAD.max(certificate), "tahun", "tahun sekolah kepala keluarga menurut ijazah",
        "schooling of the head by certificate",
    )  # fmt: skip
    yield _f(
        "dewasa_sekolah_maks", ADULT.max(certificate), "tahun", "tahun sekolah anggota dewasa yang terdidik",
        "schooling of the best educated adult",
    )  # fmt: skip
    yield _f(
        "dewasa_sekolah_rerata",
        ADULT.mean(certificate),
        "tahun",
        "rata-rata tahun sekolah anggota dewasa",
        "mean schooling of adults",
    )
    yield _f(
        "dewasa_sma_n",
        ADULT.where(certificate >= 12).count().or_unknown(),
        "orang",
        "anggota dewasa tamat SMA atau lebih",
        "adults with upper secondary or more",
    )
    out = (ANGGOTA["sekolah_status"] == 3) & AGE.between(7, 18) & ~(certificate >= 12).number().otherwise(0).isin(1)
    yield _f(
        "putus_sekolah_n", PRESENT.where(out).count().or_unknown(), "orang",
        "anak 7-18 tahun yang tidak lagi sekolah dan belum tamat SMA",
        "children of 7-18 no longer at school, upper secondary not finished", lever=True,
    )  # fmt: skip


def _work() -> Iterator[Feature]:
    works = ANGGOTA["bekerja"] == 1
    job, sector = ANGGOTA["status_pekerjaan"], ANGGOTA["sektor"]
    working = ADULT.where(works)
    yield _f(
        "bekerja_n", working.count().or_unknown(), "orang", "anggota dewasa yang bekerja", "adults at work", sign=1
    )
    yield _f(
        "bekerja_bagian",
        WORKING_AGE.where(ANGGOTA["bekerja"].known()).share(works),
        "bagian",
        "bagian usia kerja yang bekerja",
        "share of working age at work",
    )
    yield _f(
        "jam_kerja",
        working.sum("jam_kerja").or_unknown(),
        "jam/minggu",
        "jam kerja seluruh anggota dewasa",
        "hours worked by all adults",
    )
    yield _f(
        "kerja_tani_n",
        working.where(sector.between(1, 6)).count().or_unknown(),
        "orang",
        "anggota yang bekerja di pertanian",
        "adults in farming",
    )
    yield _f(
        "kerja_buruh_tetap_n",
        working.where(job == 4).count().or_unknown(),
        "orang",
        "buruh atau pegawai swasta",
        "private employees",
    )
    yield _f(
        "kerja_bebas_n", working.where(job.isin(6, 7)).count().or_unknown(), "orang", "pekerja bebas", "casual workers"
    )
    yield _f(
        "kerja_usaha_n",
        working.where(job.isin(1, 2, 3)).count().or_unknown(),
        "orang",
        "anggota yang berusaha sendiri",
        "self-employed adults",
    )
    yield _f(
        "asn_n",
        PRESENT.where(ANGGOTA["asn_tni_polri_bumn"] == 1).count().or_unknown(),
        "orang",
        "anggota ASN, TNI, Polri, atau BUMN",
        "members in state employment",
        sign=1,
    )
    yield _f(
        "npwp_n",
        ADULT.where(ANGGOTA["npwp"] == 1).count().or_unknown(),
        "orang",
        "anggota dengan NPWP",
        "adults with a tax number",
    )
    yield _f(
        "jaminan_kerja_n",
        ADULT.where(ANGGOTA["jamket_kerja"] > 0).count().or_unknown(),
        "orang",
        "anggota dengan jaminan ketenagakerjaan",
        "adults with employment insurance",
        lever=True,
    )
    yield _f(
        "pernah_prakerja_n",
        ADULT.where(ANGGOTA["ikut_prakerja"] == 1).count().or_unknown(),
        "orang",
        "anggota yang ikut Prakerja menurut sensus",
        "adults in Prakerja by the census",
        theme="program",
    )


def _health() -> Iterator[Feature]:
    yield _f(
        "sakit_kronis_n",
        PRESENT.where(~ANGGOTA["penyakit_kronis"].isin(1)).count().or_unknown(),
        "orang",
        "anggota dengan penyakit kronis",
        "members with a chronic illness",
        theme="guncangan",
    )
    severe = ANGGOTA["kesulitan_a"] <= 2
    for letter in "bcdefghi":
        severe = severe | (ANGGOTA[f"kesulitan_{letter}"] <= 2)
    yield _f(
        "kesulitan_n", PRESENT.where(severe).count().or_unknown(), "orang", "anggota dengan kesulitan fungsi berat",
        "members with severe functional difficulty", theme="komponen",
    )  # fmt: skip
    yield _f(
        "jamkes_bukan_pbi_n",
        PRESENT.where(ANGGOTA["jamkes"].isin(*UNSUBSIDISED)).count().or_unknown(),
        "orang",
        "anggota dengan jaminan kesehatan mandiri atau dari pemberi kerja",
        "members whose health insurance is not subsidised",
    )
    yield _f(
        "gizi_buruk_n",
        PRESENT.where(ANGGOTA["gizi"].isin(1, 2)).count().or_unknown(),
        "orang",
        "anak wasting atau stunting",
        "wasted or stunted children",
        theme="komponen",
    )
