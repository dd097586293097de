"""Hand-made lists: two caseloads with nasty names, every kind of family, and no model behind them."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Facts, PriorityLists
from pkh_graduation.outputs import PartSummary
from pkh_graduation.outputs.caseloads import caseloads
from pkh_graduation.outputs.identities import read_identities
from pkh_graduation.outputs.summary import exclusions, groups, per_kecamatan, per_pendamping, plain
from pkh_graduation.outputs.views import Caseload

AS_OF = dt.date(2025, 9, 30)
NASTY = ["<script>alert(1)</script>", '=HYPERLINK("http://x","y")', "@SUM(A1)", "+628123", "-1+1", 'O\'Neil & "Ana"']
SENTENCES = {
    "mendukung": [
        "Usaha sudah berjalan 3 tahun 2 bulan, lebih lama daripada 81 dari 100 keluarga (data 12 Mei 2025)",
        "Hadir 10 kali di pertemuan P2K2 dalam 12 bulan (data 20 Agustus 2025)",
        "Tabungan di atas Rp 2 juta (data 12 Mei 2025)",
    ],
    "menahan": [
        "Ada satu utang ke rentenir (data 12 Mei 2025)",
        "Angsuran Rp 450.000 per bulan (data 12 Mei 2025)",
    ],
}
DAYS = {"12 Mei 2025": 20220, "20 Agustus 2025": 20320}


def make_lists(n: int = 60, listed: int = 12, notes: dict[str, str] | None = None) -> PriorityLists:
    rng = np.random.default_rng(0)
    ids = [f"k{number:015x}" for number in range(n)]
    half = n // 2
    place = pd.array([pd.NA] * n, dtype="Int32")
    place[:listed] = range(1, listed + 1)
    place[half : half + 2] = [1, 2]
    p = np.sort(rng.uniform(0.01, 0.35, n))[::-1].copy()
    p[n - 1] = np.nan
    frame = pd.DataFrame(
        {
            "kpm_id": ids,
            "as_of": pd.Timestamp(AS_OF),
            "pendamping_id": ["d000000000000001"] * half + ["d/../evil"] * (n - half),
            "desa": np.where(np.arange(n) % 3, "3302010001", "3302010002"),
            "kecamatan": "3302010",
            "kabupaten": "3302",
            "kelompok_id": "g0123456789abcde",
            "urutan": place,
            "kategori": np.where(place.isna(), "belum_data_kurang", "siap_dibahas"),
            "p_mandiri_12m": p,
            "p_bawah": p * 0.6,
            "p_atas": p * 1.5,
            "p_alamiah_12m": 0.02,
            "p_administratif_12m": 0.01,
            "slot": pd.Series(np.where(place.isna(), None, "model"), dtype="str"),
            "propensi": np.where(place.isna(), np.nan, 1.0),
            "dikecualikan_karena": "",
            "peringatan": "ada pinjaman yang menunggak|desil 1 (kelompok paling miskin)",
            "cek": "sisa utang dan kemampuan membayar angsuran|keadaan rumah dan penghasilan sekarang",
            "rujukan": "NIB lewat OSS (Diskoperindag)|PENA atau PPSE (Kemensos)",
            "proses": pd.Series([np.nan] * n, dtype="str"),
            "rencana": np.where(place.isna(), 0, 1 + (np.arange(n) % half >= 5)),
            "kunjungan_ke": np.where(place.isna(), 0, 1 + np.arange(n) % half % 5),
            "daftar_lain": "",
            "lanjut": "",
        }
    ).astype({"rencana": "Int32", "kunjungan_ke": "Int32"})
    frame.loc[frame["urutan"].isna(), ["rencana", "kunjungan_ke"]] = pd.NA
    frame.loc[half - 1, ["daftar_lain", "lanjut"]] = ["persiapan_alamiah", "PBI-JKN (desil 1 sampai 4)"]
    frame.loc[n - 2, "daftar_lain"] = "perlindungan_berkelanjutan"
    frame.loc[listed - 1, "slot"] = "acak"
    frame.loc[n - 1, ["dikecualikan_karena", "peringatan", "cek"]] = [
        "keluarga keberatan atas pemrofilan otomatis",
        "",
        "",
    ]
    frame.loc[n - 2, "dikecualikan_karena"] = "lansia tinggal sendiri|ada ibu hamil"
    frame.loc[listed : listed + 1, "proses"] = ["usulan", "ttd_pernyataan"]
    cards = pd.DataFrame(
        [
            (
                kpm,
                pd.Timestamp(AS_OF),
                direction,
                number,
                "usaha",
                "usaha_lama_tahun",
                3.2,
                _day(sentence),
                0.4,
                sentence,
            )
            for kpm in frame.loc[frame["urutan"].notna(), "kpm_id"]
            for direction, sentences in SENTENCES.items()
            for number, sentence in enumerate(sentences, 1)
        ],
        columns=[
            "kpm_id",
            "as_of",
            "arah",
            "urutan",
            "tema",
            "fitur",
            "nilai",
            "tanggal_diketahui",
            "kontribusi",
            "kalimat",
        ],
    ).astype({"tanggal_diketahui": "Int32"})
    index = pd.MultiIndex.from_frame(frame[["kpm_id", "as_of"]])
    values = pd.DataFrame(
        {
            "komp_habis_day": np.where(np.arange(n) % 5, 20700.0, np.nan),
            "komp_abadi": (np.arange(n) % 5 == 0) * 1.0,
            "kunjungan_hari": 30.0,
        },
        index=index,
    )
    values.iloc[1, 0] = 20000.0
    known = pd.DataFrame(20300, index=index, columns=values.columns, dtype="Int32")
    catalogue = pd.DataFrame(
        [],
        columns=["theme", "unit", "meaning_id", "meaning_en", "lever", "sign", "source", "window", "model"],
    )
    shortfalls = pd.DataFrame(
        {
            "pendamping_id": ["d/../evil", "d000000000000001"],
            "dampingan": [n - half, half],
            "kuota": [10, listed],
            "terisi": [2, listed],
            "sebab": ["keluarga siap dibahas lebih sedikit dari kuota; lainnya: peluang di bawah rata-rata", ""],
            "lantai": ["setiap desa: keluarga siap dibahas kurang", ""],
        }
    )
    return PriorityLists(
        frame=frame,
        cards=cards,
        shortfalls=shortfalls,
        run_id="f" * 64,
        as_of=AS_OF,
        catalogue=catalogue,
        facts=Facts(values, known, catalogue),
        notes={"model": "graduation-2025-09-30", "sintetis": "ya"} if notes is None else notes,
    )


def make_actions(kpm: str) -> pd.DataFrame:
    """One action for one family."""
    row = {
        "kpm_id": kpm, "tindakan": "p2k2_ekonomi", "kalimat": "Mengikuti modul ekonomi P2K2 <b>bersama</b> kelompok",
        "lembaga": "pendamping P2K2", "tingkat_bukti": "E1", "cek": "jadwal kelompok", "sumber": "catatan PKH",
    }  # fmt: skip
    return pd.DataFrame([row])


def _day(sentence: str) -> int:
    return next(day for words, day in DAYS.items() if words in sentence)


def make_vault(lists: PriorityLists) -> pd.DataFrame:
    ids = lists.frame["kpm_id"].tolist()
    names = [NASTY[number] if number < len(NASTY) else f"Ibu Siti {number}" for number in range(len(ids))]
    return pd.DataFrame(
        {
            "kpm_id": ids,
            "nama_pengurus": names,
            "alamat": [f"Jl. Melati No. {number}" for number in range(len(ids))],
            "rt": [f"{number % 7 + 1:03d}" for number in range(len(ids))],
            "rw": "002",
            "no_kk": "3302010101010001",
            "nik_pengurus": "3302014101010001",
        }
    )


def views(lists: PriorityLists, vault: pd.DataFrame | None, names: dict[str, str] | None = None) -> dict[str, Caseload]:
    """Views of all caseloads by pendamping."""
    identities = read_identities(vault, lists.frame["kpm_id"].tolist())
    return {caseload.pendamping_id: caseload for caseload in caseloads(lists, identities, names or {})}


def summary(lists: PriorityLists, part: str = "00", **changes: object) -> PartSummary:
    """What writing these lists would say of them."""
    made = PartSummary(
        part=part,
        as_of=lists.as_of.isoformat(),
        run_id=lists.run_id,
        model="m",
        tag="",
        pendamping=plain(per_pendamping(lists).assign(berkas="x")),
        kecamatan=plain(per_kecamatan(lists)),
        sebab=plain(exclusions(lists).to_frame()),
        files=[],
        golongan=plain(groups(lists).set_index("kabupaten")),
    )
    return dataclasses.replace(made, **changes)


def cut(lists: PriorityLists, number: int = 2) -> list[PriorityLists]:
    """The lists as parts of whole caseloads; families without a pendamping go with the last."""
    people = sorted(lists.frame["pendamping_id"].dropna().unique())
    part_of = {name: position % number for position, name in enumerate(people)}
    own = lists.frame["pendamping_id"].map(part_of).fillna(number - 1)
    parts = []
    for position in range(number):
        frame = lists.frame[own == position].reset_index(drop=True)
        short = lists.shortfalls[lists.shortfalls["pendamping_id"].isin(frame["pendamping_id"])]
        cards = lists.cards[lists.cards["kpm_id"].isin(frame["kpm_id"])]
        parts.append(dataclasses.replace(lists, frame=frame, shortfalls=short, cards=cards))
    return parts


def make_nation(kabupaten: int = 3, pendamping: int = 4, families: int = 40, seed: int = 0) -> PriorityLists:
    """Lists of several kabupaten without cards: two pendamping in a kecamatan, some lists not full."""
    rng = np.random.default_rng(seed)
    n, size = kabupaten * pendamping * families, pendamping * families
    base = make_lists(4, 1)
    number = np.arange(n)
    code = 3301 + number // size
    person = number // families
    place = pd.array(number % families + 1, dtype="Int32")
    quota = np.full(kabupaten * pendamping, families // 10)
    filled = quota - rng.integers(0, 2, len(quota)) * rng.integers(0, quota + 1)
    place[number % families >= filled[person]] = pd.NA
    frame = pd.DataFrame(
        {
            **dict.fromkeys(("peringatan", "cek", "rujukan", "daftar_lain", "lanjut"), ""),
            "kpm_id": [f"k{value:015x}" for value in number],
            "as_of": pd.Timestamp(AS_OF),
            "pendamping_id": [f"d{value:015x}" for value in person],
            "desa": [f"{value}010001" for value in code],
            "kecamatan": [f"{value}{10 + other % pendamping // 2}0" for value, other in zip(code, person, strict=True)],
            "kabupaten": code.astype(str),
            "kelompok_id": "g0123456789abcde",
            "urutan": place,
            "kategori": rng.choice(
                ["siap_dibahas", "perlu_pendampingan_usaha", "belum_data_kurang"], n, p=[0.2, 0.1, 0.7]
            ),
            **dict.fromkeys(("p_mandiri_12m", "p_bawah", "p_atas", "p_alamiah_12m", "p_administratif_12m"), 0.1),
            "slot": pd.Series(np.where(place.isna(), None, "model"), dtype="str"),
            "propensi": 1.0,
            "dikecualikan_karena": rng.choice(["", "lansia tinggal sendiri", "ada ibu hamil"], n, p=[0.8, 0.15, 0.05]),
            "proses": pd.Series(rng.choice([None, "usulan"], n, p=[0.95, 0.05]), dtype="str"),
            "rencana": pd.array(np.where(place.isna(), 0, 1), dtype="Int32"),
            "kunjungan_ke": place,
        }
    )[list(base.frame.columns)]
    index = pd.MultiIndex.from_frame(frame[["kpm_id", "as_of"]])
    values = pd.DataFrame({"komp_habis_day": 20700.0, "kepala_perempuan": number % 3 == 0}, index=index).astype(float)
    shortfalls = pd.DataFrame(
        {
            "pendamping_id": sorted(set(frame["pendamping_id"])),
            "dampingan": families,
            "kuota": quota,
            "terisi": filled,
            "sebab": np.where(filled < quota, "keluarga siap dibahas lebih sedikit dari kuota", ""),
            "lantai": "",
        }
    )
    facts = dataclasses.replace(base.facts, values=values, known=values.astype("Int32"))
    return dataclasses.replace(base, frame=frame, cards=base.cards.iloc[:0], shortfalls=shortfalls, facts=facts)
