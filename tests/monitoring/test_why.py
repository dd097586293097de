"""Why a family is, or is not, on the list: the answer names the rule that decided, and nobody."""

import pandas as pd
import pytest

from pkh_graduation.monitoring import UnknownFamilyError, explain_place, find_caseload

BLANK = {
    "tanggal_acuan": pd.Timestamp("2026-12-31"), "pendamping_id": "d1", "urutan": pd.NA, "kategori": "siap_dibahas",
    "p_mandiri_12m": 0.10, "p_bawah": 0.08, "p_atas": 0.12, "slot": None, "dikecualikan_karena": "", "peringatan": "", "cek": "",
    "proses": None, "alasan_1": None, "penahan_1": None,
}  # fmt: skip


def caseload(**lines: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame([{**BLANK, "kpm_id": kpm, "row_id": f"R{kpm[-1]}", **own} for kpm, own in lines.items()])
    return frame.astype({"urutan": "Int32"})


FIRST = {
    "urutan": 1,
    "slot": "model",
    "p_mandiri_12m": 0.2,
    "alasan_1": "usaha berjalan",
    "penahan_1": "belum menabung",
}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"urutan": 2, "slot": "acak", "kategori": "perlu_pendampingan_usaha"}, "undian"),
        (
            {"dikecualikan_karena": "lansia tinggal sendiri|ada ibu hamil"},
            "usulkan: lansia tinggal sendiri; ada ibu hamil.",
        ),
        ({"proses": "ttd_pernyataan"}, "Sedang diproses (tahap: ttd pernyataan)"),
        ({"slot": "disisihkan"}, "Disisihkan lewat undian"),
        ({"kategori": "belum_data_kurang"}, "belum / data kurang"),
        (
            {
                "kategori": "belum_data_kurang",
                "p_mandiri_12m": 0.5,
                "peringatan": "ada utang|data pengaman belum lengkap",
            },
            "Tidak diusulkan karena datanya belum cukup (data pengaman belum lengkap): lengkapi dulu",
        ),
        ({}, "Peluang terendah yang masih masuk 20,0 %, keluarga ini 10,0 %."),
        ({"p_mandiri_12m": 0.3}, "tidak menurut peluang saja"),
        ({"p_mandiri_12m": None, "p_bawah": None, "p_atas": None}, "tidak diberi peluang"),
        # What comes first decides: a guard before an open case, before readiness.
        (
            {"dikecualikan_karena": "ada ibu hamil", "proses": "usulan", "kategori": "belum_data_kurang"},
            "Tidak diusulkan: ada ibu hamil.",
        ),
    ],
)
def test_the_rule_that_decided_is_named(own, said):
    told = "\n".join(explain_place(caseload(k1=FIRST, k2=own), "k2", quota=1))
    assert said in told
    assert "bukan keputusan" in told


def test_a_place_is_told_with_its_reasons_and_the_empty_ones_with_their_cause():
    told = explain_place(caseload(k1=FIRST, k2={}), "k1", quota=3, shortfall="keluarga siap dibahas habis")
    assert told[0] == "Keluarga k1, daftar per 31 Desember 2026: urutan 1 dari 1 (kuota 3, dampingan 2)."
    assert "Mengapa: usaha berjalan." in told
    assert "Yang menahan: belum menabung." in told
    assert "Peluang graduasi mandiri 12 bulan: 20,0 % (rentang 8,0 % sampai 12,0 %)." in told
    assert "Daftar ini terisi 1 dari 3 tempat. Sebab: keluarga siap dibahas habis." in told


def test_a_family_is_found_by_either_id_in_her_own_caseload():
    lists = pd.concat(
        [caseload(k1=FIRST, k2={}), caseload(k3={"pendamping_id": "d2"}), caseload(k4={"pendamping_id": None})]
    )
    for asked, found, size in (("k2", "k2", 2), ("r3", "k3", 1), (" K4 ", "k4", 1)):
        kpm, own = find_caseload(lists, asked)
        assert (kpm, len(own)) == (found, size)


def test_an_unknown_family_is_not_repeated():
    with pytest.raises(UnknownFamilyError, match="kpm_id") as caught:
        find_caseload(caseload(k1=FIRST), "9901010101010001")
    assert "9901010101010001" not in str(caught.value)
