"""Pseudonyms of our own that come back: they name what they named before, and are no outside ids."""

import numpy as np
import pandas as pd

from pkh_graduation.records.entities import Registry, own_names
from pkh_graduation.records.pseudonyms import names

KEY = b"0123456789abcdef"
REGISTRY = Registry("kpm", "kk", KEY, {}, {}, {})


def surrogates(*ids: str | None) -> np.ndarray:
    return REGISTRY.by_outside(pd.Series(pd.Categorical(ids)))


def test_a_pseudonym_given_back_is_itself_and_no_other_id_is():
    first = surrogates("F1", "F2")
    given = names(first, "k")
    back = surrogates(*(f"pkh:{name}" for name in given), None, "F1")
    assert back.tolist() == [*first.tolist(), -1, first[0]]
    # Without the mark it is an id like any other, and is hidden like any other.
    assert surrogates(given[0])[0] != first[0]


def test_what_only_looks_like_one_is_an_outside_id():
    given = pd.Series(
        ["pkh:k0123456789abcde", "pkh:K0123456789ABCDE", "pkh:k0123", "xpkh:k0123456789abcde", None, ""], dtype="str"
    )
    assert own_names(given).tolist() == [True, False, False, False, False, False]
