import numpy as np
import pandas as pd

from pkh_graduation.priorities import Quota
from pkh_graduation.priorities.shortfalls import shortfalls


def families(**columns) -> pd.DataFrame:
    n = len(columns["pendamping_id"])
    flags = {"pagar": False, "boleh": True, "do_not_contact": False, "holdout": False}
    plain = {"urutan": [np.nan] * n, "proses": [None] * n, "berpeluang": True, **flags}
    return pd.DataFrame({**plain, **columns})


def test_places_and_causes_are_counted_per_caseload():
    frame = families(
        pendamping_id=["b", "b", "b", "a", None],
        urutan=[1, np.nan, np.nan, 1, np.nan],
        pagar=[False, True, False, False, False],
        boleh=[True, False, False, True, False],
    )
    told = shortfalls(frame, Quota("x", 1.0, 0, ""))
    assert told[["pendamping_id", "dampingan", "kuota", "terisi"]].values.tolist() == [["a", 1, 1, 1], ["b", 3, 3, 1]]
    assert told["sebab"].tolist() == [
        "",
        "keluarga siap dibahas lebih sedikit dari kuota; lainnya: dikecualikan oleh pengaman, data belum cukup",
    ]


def test_nobody_served_is_no_line():
    assert shortfalls(families(pendamping_id=[None, None]), Quota("x", 0.1, 0, "")).empty


def test_families_left_alone_or_held_out_are_causes_of_their_own():
    frame = families(
        pendamping_id=["a"] * 4,
        boleh=[False, False, False, True],
        do_not_contact=[True, True, False, False],
        holdout=[False, False, True, False],
        urutan=[np.nan, np.nan, np.nan, 1],
    )
    told = shortfalls(frame, Quota("x", 1.0, 0, ""), ["setiap desa: tempat habis"]).iloc[0]
    assert told["sebab"].endswith("lainnya: keluarga minta tidak dihubungi, disisihkan untuk menilai daftar")
    assert told["lantai"] == "setiap desa: tempat habis"
