"""Rules by which a returned answer is set aside: the rule's name -> what to do, in words for a pendamping or a coordinator."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RULES: Mapping[str, str] = MappingProxyType(
    {
        "berkas_tak_terbaca": "Berkas tidak dapat dibuka. Simpan ulang sebagai .xlsx, atau kirim teks dari halaman HP.",
        "jenis_berkas": "Jenis berkas tidak dikenal. Yang dibaca: .xlsx, .txt (teks dari halaman HP), .csv atau .tsv (ODK, KoBo).",
        "bukan_daftar": "Lembar atau kolom daftar tidak ditemukan. Isi daftar asli tanpa mengubah judul kolomnya.",
        "teks_kosong": "Tidak ada teks hasil kunjungan. Buka halaman daftar, tekan 'Salin hasil', lalu kirim teks itu utuh.",
        "teks_terpotong": "Teks terpotong. Salin ulang seluruh teks dari halaman daftar, lalu kirim utuh.",
        "teks_rusak": "Teks berubah di jalan. Salin ulang dari halaman daftar, lalu kirim tanpa mengubahnya.",
        "versi_teks": "Teks dibuat oleh versi lain. Buka daftar yang terbaru, lalu salin ulang hasilnya.",
        "daftar_tak_dikenal": "Daftar ini tidak pernah diterbitkan di kantor ini. Periksa apakah berkasnya dari kantor lain.",
        "baris_tak_dikenal": "Keluarga ini tidak ada di daftar tersebut. Isi daftar asli; jangan menambah atau menyalin baris.",
        "sel_terkunci_diubah": "Isi sel terkunci berubah, sehingga tidak pasti keluarga mana yang dimaksud. "
        "Isi ulang di daftar asli; perbaikan data keluarga lewat SIKS-NG.",
        "segel_hilang": "Tanda pengaman daftar hilang (berkas disimpan oleh aplikasi lain). "
        "Isi ulang di daftar asli, atau kirim teks dari halaman HP.",
        "kode_tak_dikenal": "Jawaban tidak ada di pilihan. Pilih dari daftar pilihan pada sel itu.",
        "tanggal_mustahil": "Tanggal tidak terbaca. Tulis seperti 12/5/2026.",
        "tanggal_sesudah_diterima": "Tanggal kunjungan sesudah hari berkas diterima. Perbaiki tanggalnya.",
        "tanggal_sebelum_daftar": "Tanggal kunjungan sebelum tanggal daftar. Perbaiki tanggalnya.",
        "tanggal_kosong": "Tanggal kunjungan belum diisi. Isi tanggalnya.",
        "hasil_kosong": "Ada tanggal atau jawaban keluarga, tetapi hasil kunjungan belum dipilih. Pilih hasilnya.",
        "belum_tetapi_bertanggal": "Hasilnya 'Belum dikunjungi', tetapi ada tanggal kunjungan. Perbaiki salah satunya.",
        "keputusan_tanpa_bertemu": "Keluarga tidak ditemui, tetapi ada keputusan keluarga. Perbaiki salah satunya.",
        "jawaban_ganda": "Satu keluarga dijawab dua kali dengan jawaban berbeda dalam satu berkas. Sisakan satu jawaban.",
        "jawaban_bertentangan": "Dua berkas memberi jawaban berbeda untuk keluarga yang sama. Kirim jawaban yang benar saja.",
        "jawaban_lama_kembali": "Jawaban ini sama dengan jawaban lama yang sudah diganti. Bila memang itu yang benar, "
        "tambahkan catatan lalu kirim lagi.",
        "kiriman_ditolak": "Kiriman ini ditolak di server. Bila isinya pernah diterima, "
        "kirim jawaban yang benar sebagai kiriman baru.",
        "diterima_sebelum_daftar": "Tanggal diterima (--received) sebelum tanggal daftar. Periksa tanggalnya.",
    }
)

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "alasan_kosong": "Saran daftar tidak diikuti tanpa alasan; tanyakan alasannya.",
        "tanggal_diganti_tanggal_diterima": "Keberatan tanpa tanggal yang sah: dicatat pada hari diterima.",
        "catatan_disederhanakan": "Tanda baca atau nomor panjang di catatan tidak disimpan.",
    }
)
"""Noted beside an accepted answer; nothing is set aside for them."""
