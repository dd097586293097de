import numpy as np
import pytest

from pkh_graduation.priorities import Bands
from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

YES, NO = np.ones(4, bool), np.zeros(4, bool)
P = np.array([0.10, 0.04, 0.01, np.nan])


def test_bands_follow_the_cohorts_mean():
    assert list(Bands().of(P, 0.05, hard=NO, judged=YES)) == [SIAP_DIBAHAS, PERLU_PENDAMPINGAN, BELUM, BELUM]
    assert list(Bands().of(P, 0.01, hard=NO, judged=YES)) == [SIAP_DIBAHAS] * 3 + [BELUM]


def test_hard_guard_never_ready_and_unjudged_always_not_yet():
    assert list(Bands().of(P, 0.05, hard=YES, judged=YES)) == [PERLU_PENDAMPINGAN] * 2 + [BELUM] * 2
    assert list(Bands().of(P, 0.05, hard=NO, judged=NO)) == [BELUM] * 4


def test_bands_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="mentoring <= ready"):
        Bands(ready=0.4, mentoring=0.5)
