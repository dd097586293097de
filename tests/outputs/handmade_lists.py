"""Hand-made lists: two caseloads with nasty names, every kind of family, and no model behind them."""

import datetime as dt

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Facts, PriorityLists

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
        }
    )
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
