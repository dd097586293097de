"""Files of the layouts that offices have, made up, clean or damaged; and where each defect was put.

Families are of province 99. A defect is (line, column of ours, rule) where a reader can see it; ``unseen`` counts those that no
reader could (a wrong digit that leaves a number whole).
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter

Cells = list[Any]


@dataclass
class Made:
    """A file, what fills its layout, and the defects planted in it."""

    path: Path
    layout: str
    fill: dict[str, str]
    planted: set[tuple[int, str, str]] = field(default_factory=set)
    unseen: int = 0


def card(number: int) -> str:
    return f"990101{10_000_000 + number * 7 % 89_999_999:08d}{1 + number % 9:02d}"


def nik(number: int) -> str:
    return f"99010141{10_000_001 + number * 7:08d}"


def ruin_number(text: str, draw: random.Random) -> tuple[str, str]:
    """A number of 16 digits as spreadsheets and hands ruin it, and the rule that should say so ("" where none can)."""
    return draw.choice(
        [
            (f"{text[0]},{text[1:15]}E+15", "nomor_notasi_ilmiah"),
            (text[:-1], "nomor_panjang_salah"),
            (text + "1", "nomor_panjang_salah"),
            ("'" + text, ""),
            (text[:8] + " " + text[8:], ""),
        ]
    )


def write_lines(path: Path, lines: list[Cells], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)


def write_book(path: Path, sheets: dict[str, list[Cells]]) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        for title, lines in sheets.items():
            sheet = book.add_worksheet(title)
            for row, cells in enumerate(lines):
                sheet.write_row(row, 0, cells)


_DTSEN = [
    "kode_kelurahan_desa", "nomor_kartu_keluarga", "jumlah_anggota_keluarga", "nama_anggota_keluarga", "alamat",
    "desil_nasional", "skor", "pbi_nas", "status_kepemilikan_rumah", "jenis_lantai_terluas", "luas_lantai",
    "bahan_bakar_utama_memasak", "aset_bergerak_mobil", "aset_bergerak_sepeda_motor", "jumlah_ternak_sapi",
]  # fmt: skip


def dtsen(folder: Path, n: int, seed: int, *, damaged: bool) -> Made:
    draw = random.Random(seed)
    made = Made(folder / "DTSEN.csv", "dtsen", {"tanggal": "2025-09-30", "diketahui": "2025-10-10", "versi": "v2"})
    order = draw.sample(_DTSEN, len(_DTSEN)) if damaged else _DTSEN
    lines: list[Cells] = [order]
    for number in range(n):
        row: dict[str, Any] = {
            "kode_kelurahan_desa": "9901010001", "nomor_kartu_keluarga": card(number), "jumlah_anggota_keluarga": 1 + number % 7,
            "nama_anggota_keluarga": "Ibu Contoh", "alamat": "Dusun Contoh; RT 1", "desil_nasional": 1 + number % 10,
            "skor": f"{20 + number % 60}.5", "pbi_nas": "YA", "status_kepemilikan_rumah": 1 + number % 5,
            "jenis_lantai_terluas": f"{1 + number % 9:02d}", "luas_lantai": 20 + number % 90,
            "bahan_bakar_utama_memasak": "00" if number % 7 == 0 else "04", "aset_bergerak_mobil": 2,
            "aset_bergerak_sepeda_motor": 1 + number % 2, "jumlah_ternak_sapi": number % 3,
        }  # fmt: skip
        line = len(lines) + 1
        if damaged and draw.random() < 0.2:
            for column, ours, rule, value in (draw.choice(_DTSEN_DEFECTS)(row, draw),):
                row[column] = value
                if rule:
                    made.planted.add((line, ours, rule))
                else:
                    made.unseen += 1
        lines.append([row[name] for name in order])
    write_lines(made.path, lines, ";" if damaged else ",")
    return made


Defect = Callable[[dict[str, Any], random.Random], tuple[str, str, str, Any]]


def _spoilt_card(row: dict[str, Any], draw: random.Random) -> tuple[str, str, str, Any]:
    value, rule = ruin_number(row["nomor_kartu_keluarga"], draw)
    return "nomor_kartu_keluarga", "no_kk", rule, value


_DTSEN_DEFECTS: tuple[Defect, ...] = (
    _spoilt_card,
    lambda row, draw: ("desil_nasional", "desil_nasional", "desil_nol", 0),
    lambda row, draw: ("jenis_lantai_terluas", "jenis_lantai", "kode_tak_dikenal", "17"),
    lambda row, draw: ("luas_lantai", "luas_lantai", "di_luar_rentang", 12_000),
    lambda row, draw: ("luas_lantai", "luas_lantai", "angka_tak_terbaca", "luas"),
    lambda row, draw: ("aset_bergerak_mobil", "aset_mobil", "aset_nol", 0),
    lambda row, draw: ("jumlah_ternak_sapi", "ternak_sapi", "sentinel", -1),
    lambda row, draw: ("skor", "", "", f"{20 + draw.randrange(60)}.25"),
)


def penyaluran(folder: Path, n: int, seed: int, *, damaged: bool) -> Made:
    draw = random.Random(seed)
    fill = {"tahun": "2025", "tanggal": "2025-09-20", "diketahui": "2025-10-01", "status": "cair"}
    made = Made(folder / "penyaluran soppeng.csv", "penyaluran", fill)
    header = ["iddtks", "nokk", "nik_ktp", "nama_penerima", "kode_wilayah", "tahap", "bansos", "bank", "nominal", "alamat",
              "no_rt", "no_rw", "dusun", "dir", "gelombang"]  # fmt: skip
    lines: list[Cells] = [header]
    if damaged:
        lines = [["DAFTAR PENYALURAN"], [], header]
    for number in range(n):
        row = dict(zip(header, [f"D{number}", card(number), nik(number), "Ibu Contoh", "9901010001", f"Tahap {1 + number % 4}",
                                "PKH", "BRI", 600_000 + number % 5 * 75_000, "Dusun Contoh", "1", "2", "Contoh", "", "1"],
                       strict=True))  # fmt: skip
        line = len(lines) + 1
        if damaged and draw.random() < 0.15:
            column, ours, rule, value = draw.choice(
                [
                    ("nominal", "nominal", "angka_notasi_ilmiah", "7,5E+05"),
                    ("nominal", "nominal", "nominal_nol_cair", 0),
                    ("bank", "bank", "kata_tak_dikenal", "KOPERASI X"),
                    ("tahap", "tahap", "di_luar_rentang", 7),
                    ("nik_ktp", "nik_pengurus", "nomor_panjang_salah", row["nik_ktp"][:-2]),
                    ("nama_penerima", "nama_pengurus", "", "Ibu Lain"),
                ]
            )
            row[column] = value
            if rule:
                made.planted.add((line, ours, rule))
            else:
                made.unseen += 1
        lines.append([row[name] for name in header])
        if damaged and draw.random() < 0.02:
            lines.append(["TOTAL", *[""] * 7, 12_000_000, *[""] * 6])
            made.planted.add((len(lines), "", "baris_jumlah"))
    write_lines(made.path, lines)
    return made


def verkom(folder: Path, n: int, seed: int, *, damaged: bool) -> Made:
    draw = random.Random(seed)
    made = Made(folder / "VERKOM SDN.csv", "verkom", {"tahun": "2025", "diketahui": "2025-10-20"})
    months = ["JULI", "Agustus", "SEPTEMBER"]
    header = ["NO", "NIK PENGURUS", "NAMA PENGURUS", "NIK SISWA", "NISN", "NAMA SISWA", "BENTUK", "TINGKAT"]
    header += [cell for month in months for cell in (month, "", "", "", "")] + ["KET", "NAMA PENDAMPING"]
    under = [""] * 8 + ["Alpa", "Izin", "Sakit", "Jml", "%"] * 3 + ["", ""]
    lines: list[Cells] = [["VERIFIKASI KOMITMEN"], ["NPSN : 99123456"], ["SDN CONTOH"], header, under]
    for number in range(n):
        row: Cells = [number + 1, nik(number), "Ibu Contoh", nik(number + 4_000), "", "Anak", "SD", "4"]
        for month in range(3):
            absent = [(number + month) % 3, number % 2, month % 2]
            row += [*absent, sum(absent), f"{100 - 4 * sum(absent)}%"]
        row += ["", "Pendamping"]
        line = len(lines) + 1
        if damaged and draw.random() < 0.12:
            kind = draw.randrange(4)
            if kind == 0:
                row[3] = row[3][:-1]
                made.planted.add((line, "nik", "nomor_panjang_salah"))
            elif kind == 1:
                row[8] = 45
                made.planted.add((line, "alpa", "di_luar_rentang"))
            elif kind == 2:
                row = row[:20]
                made.planted.add((line, "", "baris_pendek"))
            else:
                row[8:23] = [""] * 15
                made.planted.add((line, "", "kehadiran_kosong"))
        lines.append(row)
        if damaged and draw.random() < 0.03:
            lines.append(header)
            made.planted.add((len(lines), "", "kepala_terulang"))
    write_lines(made.path, lines)
    return made


def attendance(folder: Path, n: int, seed: int, *, damaged: bool) -> Made:
    draw = random.Random(seed)
    made = Made(folder / "DAFTAR HADIR FDS.xlsx", "daftar_hadir", {"diketahui": "2025-05-20"})
    lines: list[Cells] = [
        ["DAFTAR HADIR FDS"],
        ["Modul 2 - Sesi 1: Mengelola keuangan"],
        ["Desa Contoh - Kelompok Melati"],
    ]
    lines += [["12 Mei 2025"], [], ["No", "Nama Pengurus", "No KK", "Alamat", "RT", "RW", "Status Kehadiran"]]
    for number in range(n):
        row: Cells = [number + 1, "Ibu Contoh", card(number), "Dusun", "1", "2", ("Hadir", "Izin", "Alpa")[number % 3]]
        line = len(lines) + 1
        if damaged and draw.random() < 0.12 and number < n - 1:
            if draw.random() < 0.5:
                row[6] = "hadirr"
                made.planted.add((line, "hadir", "kata_tak_dikenal"))
            else:
                row[2], rule = ruin_number(row[2], draw)
                if rule:
                    made.planted.add((line, "no_kk", rule))
        lines.append(row)
    lines += [[], ["", "", "", "", "", "", "Mengetahui"], ["", "", "", "", "", "", "NIP. 000"]]
    write_book(made.path, {"Hadir": lines})
    return made


def epkh(folder: Path, n: int, seed: int, *, damaged: bool) -> Made:
    draw = random.Random(seed)
    made = Made(folder / "ePKH Kab.xlsx", "epkh", {"tanggal": "2025-09-30", "diketahui": "2025-10-05"})
    header = [
        "No",
        "Nama",
        "Nama Pengurus",
        " NOKK " if damaged else "No KK",
        "Desa",
        "Alamat",
        "RT",
        "RW",
        "AK",
        "Komponen",
        "KELOMPOK",
    ]
    lines: list[Cells] = [header]
    for number in range(n):
        row: Cells = [
            number + 1,
            "",
            "Ibu Contoh",
            card(number),
            "Contoh",
            "Dusun",
            number % 9,
            number % 7,
            4,
            "SD",
            f"G{number // 25}",
        ]
        if damaged and draw.random() < 0.1:
            row[3], rule = ruin_number(row[3], draw)
            if rule:
                made.planted.add((len(lines) + 1, "no_kk", rule))
        lines.append(row)
    write_book(made.path, {"Sheet1": lines})
    return made


def kpm_sheets(folder: Path, n: int, seed: int, *, damaged: bool) -> Made:
    draw = random.Random(seed)
    made = Made(folder / "KPM.xlsx", "kpm_sheets", {"tanggal": "2025-09-30"})
    families: list[Cells] = [["KpmId", "NIK", "NoKK", "NamaPengurus", "Alamat", "NoHP", "Kelompok", "StatusKelompok", "Password",
                              "FotoRumah", "CreatedAt", "UpdatedAt"]]  # fmt: skip
    members: list[Cells] = [["AnggotaId", "NoKK", "NIK", "Nama", "JenisKelamin", "TanggalLahir", "Komponen", "HubunganKeluarga",
                             "CreatedAt"]]  # fmt: skip
    goods: list[Cells] = [["NoKK", "StatusRumah", "Usaha", "TahunMenerimaBansos"]]
    for number in range(n):
        phone = ("0812345678", "812345678", "+62 812345678")[number % 3]
        families.append([f"K{number}", nik(number), card(number), "Ibu Contoh", "Dusun", phone, f"G{number // 25}",
                         "Anggota", "rahasia", "x.jpg", "2025-01-15", "2025-09-01"])  # fmt: skip
        born = f"{1 + number % 28} {('Pebruari', 'NOPEMBER', 'Agustus')[number % 3]} {1970 + number % 30}"
        members.append(
            [
                f"A{number}",
                card(number),
                nik(number),
                "Ibu Contoh",
                "P",
                born,
                "Lansia",
                "Kepala Keluarga",
                "2025-01-15",
            ]
        )
        goods.append([card(number), ("Milik Sendiri", "Numpang", "Sewa/Kontrak")[number % 3], "", 2010 + number % 12])
        if damaged and draw.random() < 0.1:
            members[-1][5] = "31 Februari 1990"
            made.planted.add((len(members), "tanggal_lahir", "tanggal_tak_terbaca"))
        if damaged and draw.random() < 0.1:
            goods[-1][1] = "Istana"
            made.planted.add((len(goods), "status_rumah", "kode_tak_dikenal"))
    write_book(made.path, {"KPM_Keluarga": families, "KPM_Anggota": members, "KPM_Aset": goods})
    return made


def regsosek(folder: Path, n: int, seed: int, *, damaged: bool) -> Made:
    draw = random.Random(seed)
    made = Made(folder / "regsosek.csv", "regsosek", {"tanggal": "2022-11-14", "diketahui": "2023-02-01"})
    header = ["no_kk", "nik", "tanggal_lahir", "r405", "r408", "r409", "r412", "r413", "r431a"]
    lines: list[Cells] = [header]
    for number in range(n):
        born = f"{1 + number % 28:02d}/{1 + number % 12:02d}/{1970 + number % 30}"
        row: Cells = [card(number), nik(number), born, 1 + number % 2, 2, 1, 3, 1 + number % 22, (1, 2, 99)[number % 3]]
        if damaged and draw.random() < 0.1:
            place, ours, rule, value = draw.choice(
                [
                    (3, "jenis_kelamin", "kode_tak_dikenal", 5),
                    (7, "pendidikan", "kode_tak_dikenal", 77),
                    (2, "tanggal_lahir", "tanggal_tak_terbaca", "lupa"),
                ]
            )
            row[place] = value
            made.planted.add((len(lines) + 1, ours, rule))
        lines.append(row)
    write_lines(made.path, lines)
    return made


LAYOUTS = {
    "dtsen": dtsen, "penyaluran": penyaluran, "verkom": verkom, "daftar_hadir": attendance, "epkh": epkh,
    "kpm_sheets": kpm_sheets, "regsosek": regsosek,
}  # fmt: skip
"""Layout -> generator."""
