"""An export of three made-up families, whose names and numbers occur nowhere else: quick to read, easy to recognise."""

import csv
from pathlib import Path

KEY = b"a key that is only for the tests"


def small(folder: Path, *, families: int = 3) -> Path:
    """A small export of made-up families, whose names and numbers occur nowhere else."""
    folder.mkdir(parents=True)
    ids = range(1, families + 1)
    tables = {
        "identitas": [{"kpm_id": f"F{i}", "no_kk": f"99010101010100{i:02d}", "nik_pengurus": f"99010141019000{i:02d}",
                       "nama_pengurus": f"Zubaidahx{i} Contohnya", "alamat": f"Gang Rekaanku {i}", "no_hp": f"08000099887{i:02d}",
                       "tanggal_diketahui": "2020-01-10"} for i in ids],
        "keluarga": [{"kpm_id": f"F{i}", "kode_wilayah": "9901010001", "kelompok_id": "G1", "jenis_lantai": 2,
                      "versi_kode": "dtsen", "luas_lantai": 30 + i, "tanggal_pemutakhiran": f"20{24 - 8 * (i == 3)}-01-15",
                      "tanggal_diketahui": f"20{24 - 8 * (i == 3)}-02-14"} for i in ids],
        "anggota": [{"anggota_id": f"F{i}-1", "nik": f"99010141019000{i:02d}", "kpm_id": f"F{i}", "tanggal_lahir": "1990-01-01",
                     "jenis_kelamin": 2, "hubungan": 1, "tanggal_pemutakhiran": "2016-01-15",
                     "tanggal_diketahui": "2016-02-14"} for i in ids],
        "peristiwa_status": [{"peristiwa_id": f"E{i}", "kpm_id": f"F{i}", "jenis": "masuk", "tahap_proses": "efektif",
                              "tanggal_peristiwa": "2015-07-01", "tanggal_diketahui": "2015-07-20"} for i in ids],
        "kelompok": [{"kelompok_id": "G1", "desa": "9901010001", "pendamping_id": "P1", "berlaku_sejak": "2015-01-01",
                      "tanggal_diketahui": "2015-01-05"}],
    }  # fmt: skip
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


SMALL_PEOPLE = {
    "numbers": {f"99010101010100{i:02d}" for i in range(1, 4)} | {f"99010141019000{i:02d}" for i in range(1, 4)}
    | {f"08000099887{i:02d}" for i in range(1, 4)},
    "names": {"Zubaidahx"},
    "addresses": {"Gang Rekaanku"},
}  # fmt: skip
