"""Hand-made caseloads: facts with guards, scores and snapshots, without a model or a population."""

import datetime as dt

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Facts, PriorityLists, Reasons, Scores, Snapshots
from pkh_graduation.priorities import HARD

AS_OF = dt.date(2025, 9, 30)
PLAIN = {
    "desil": 3.0,
    "tunggakan_n": 0.0,
    "utang_rentenir": 0.0,
    "guncangan_n_12": 0.0,
    "penghasilan_umur_hari": 100.0,
    "komp_habis_hari": 2000.0,
    "komp_habis_day": 22000.0,
    "komp_abadi": 0.0,
    "data_umur_hari": 60.0,
    **dict.fromkeys(HARD, 0.0),
}
CATALOGUE = pd.DataFrame(
    {
        "theme": "kesejahteraan", "unit": "x", "meaning_id": "x", "meaning_en": "x", "lever": False, "sign": 0,
        "source": "x", "window": None, "model": [name in ("desil", "tunggakan_n") for name in PLAIN],
    },
    index=list(PLAIN),
)  # fmt: skip


class Case:
    """A cohort that tests bend: `values` (facts), `p` (chance of mandiri), `people` (pendamping of each family)."""

    def __init__(self, n: int, pendamping: int = 1, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.index = pd.MultiIndex.from_product(
            [[f"k{number:015x}" for number in range(n)], [pd.Timestamp(AS_OF)]], names=["kpm_id", "as_of"]
        )
        self.values = pd.DataFrame(PLAIN, index=self.index)
        self.p = rng.beta(1, 20, n)
        self.people = pd.Series([f"d{number % pendamping:015x}" for number in range(n)], index=self.index, dtype="str")
        self.proses = pd.Series([np.nan] * n, index=self.index, dtype="str")

    @property
    def facts(self) -> Facts:
        known = pd.DataFrame(20000, index=self.index, columns=self.values.columns, dtype="Int32")
        return Facts(self.values, known, CATALOGUE)

    @property
    def scores(self) -> Scores:
        return make_scores(self.index, self.p)

    @property
    def history(self) -> Snapshots:
        columns = {
            name: pd.Series([np.nan] * len(self.index), index=self.index, dtype="str") for name in Snapshots.COLUMNS
        }
        frame = pd.DataFrame(
            {**columns, "kpm": 1, "pendamping_id": self.people, "proses": self.proses, "desa": "3302010001"}
        )
        return Snapshots(frame)

    @property
    def reasons(self) -> Reasons:
        cards = pd.DataFrame(
            {
                "kpm_id": self.index.get_level_values("kpm_id"), "as_of": self.index.get_level_values("as_of"),
                "arah": "mendukung", "urutan": 1, "tema": "usaha", "fitur": "desil", "nilai": 3.0,
                "tanggal_diketahui": 20000, "kontribusi": 0.3, "kalimat": "Desil 3 (data 4 Oktober 2024)",
            }
        )  # fmt: skip
        return Reasons(None, cards)


def make_scores(index: pd.MultiIndex, p: np.ndarray, horizon: int = 4) -> Scores:
    grown = np.linspace(0, 1, horizon + 1)[None, :] * p[:, None]
    rest = np.linspace(0, 0.02, horizon + 1)[None, :] * np.ones((len(p), 1))
    path = np.stack([1 - grown - 2 * rest, grown, rest, rest], axis=2)
    return Scores(index, path, np.zeros(len(p)), p * 0.5, np.minimum(1.0, p * 1.5))


def by_name(lists: PriorityLists) -> pd.DataFrame:
    return lists.frame.set_index("kpm_id").sort_index()
