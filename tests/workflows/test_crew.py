import gc
from types import SimpleNamespace

import pytest

from pkh_graduation.workflows.crew import Crew

STORE = SimpleNamespace(manifest={"tables": {"keluarga": 10}})


def seen(fail):
    if fail:
        raise RuntimeError("stop")
    return gc.get_threshold()


def test_tasks_search_for_cycles_rarely_and_leave_the_callers_ways_alone():
    before = gc.get_threshold()
    assert Crew().each(STORE, seen, [(False,)], label="")[0][0] > 10 * before[0]
    assert gc.get_threshold() == before
    with pytest.raises(RuntimeError):
        Crew().each(STORE, seen, [(True,)], label="")
    assert gc.get_threshold() == before
