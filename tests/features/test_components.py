"""The component calendar against cases worked out by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.features.components import COLUMNS, KINDS, _age, _birthday, component_calendar, member_calendar
from pkh_graduation.programme.calendar import NEVER, date_of, day_of


def D(text):
    return day_of(dt.date.fromisoformat(text))


def members(*rows):
    """Rows as the hatch hands them over: dates as Int32 days, everything else nullable; a missing key is unknown."""
    dated = ("tanggal_lahir", "tanggal_perkiraan_lahir", "tanggal_keluar", "day")
    made = [{"kpm": 1, "day": "2024-09-15"} | row for row in rows]
    made = [{k: D(v) if k in dated and v is not None else v for k, v in row.items()} for row in made]
    frame = pd.DataFrame(made).reindex(columns=["kpm", "day", *COLUMNS])
    kinds = {c: "Int32" if c in dated else "Int64" for c in COLUMNS if c != "jenjang"}
    return frame.astype({"kpm": "int64", "day": "int32", "jenjang": "str", **kinds})


def pupil(birth, level, grade=None, **more):
    return {"tanggal_lahir": birth, "sekolah_status": 2, "jenjang": level, "kelas": grade} | more


ADULT = {"tanggal_lahir": "1984-05-02", "sekolah_status": 3}

CASES = [
    # AUD: 0 to 6 years, then school is expected
    ("newborn", {"tanggal_lahir": "2024-09-30"}, "2024-09-30", "aud", "2043-06-30"),
    ("born tomorrow", {"tanggal_lahir": "2024-10-01"}, "2024-09-30", "", None),
    ("toddler", {"tanggal_lahir": "2022-03-10", "sekolah_status": 1}, "2024-09-30", "aud", "2040-06-30"),
    ("born on 1 July enters at six", {"tanggal_lahir": "2022-07-01"}, "2024-09-30", "aud", "2040-06-30"),
    ("born on 2 July enters a year later", {"tanggal_lahir": "2022-07-02"}, "2024-09-30", "aud", "2041-06-30"),
    ("last day before seven", {"tanggal_lahir": "2017-10-01", "sekolah_status": 1}, "2024-09-30", "aud", "2036-06-30"),
    ("seventh birthday", {"tanggal_lahir": "2017-09-30", "day": "2024-01-10"}, "2024-09-30", "sd", "2036-06-30"),
    ("leap child is seven on 1 March", {"tanggal_lahir": "2016-02-29", "day": "2022-01-01"}, "2023-02-28", "aud", "2034-06-30"),
    ("leap child on 1 March", {"tanggal_lahir": "2016-02-29", "day": "2022-01-01"}, "2023-03-01", "sd", "2034-06-30"),
    ("six and enrolled goes with school", pupil("2018-02-01", "sd", 1), "2024-09-30", "sd", "2036-06-30"),
    ("no longer at school below seven stays AUD", {"tanggal_lahir": "2019-05-05", "sekolah_status": 3}, "2024-09-30", "aud",
     "2037-06-30"),
    # classes, moved on by the school years since
    ("class 5 of SD", pupil("2013-11-20", "sd", 5), "2024-09-30", "sd", "2032-06-30"),
    ("class 6 seen in spring", pupil("2012-11-20", "sd", 6, day="2024-03-01"), "2024-06-30", "sd", "2030-06-30"),
    ("class 6 seen in spring, next school year", pupil("2012-11-20", "sd", 6, day="2024-03-01"), "2024-07-01", "smp", "2030-06-30"),
    ("class 1 of SMP", pupil("2011-11-20", "smp", 1), "2024-09-30", "smp", "2030-06-30"),
    ("class 3 of SMP, a year later", pupil("2009-11-20", "smp", 3), "2025-09-30", "sma", "2028-06-30"),
    ("class 1 of SMA", pupil("2008-11-20", "sma", 1), "2024-09-30", "sma", "2027-06-30"),
    ("class 3 of SMA, day before the end", pupil("2006-11-20", "sma", 3), "2025-06-29", "sma", "2025-06-30"),
    ("class 3 of SMA, on the last day", pupil("2006-11-20", "sma", 3), "2025-06-30", "", "2025-06-30"),
    ("class 3 of SMA, long ago", pupil("2006-11-20", "sma", 3), "2026-03-31", "", "2025-06-30"),
    ("twenty-first birthday comes first", pupil("2004-02-10", "sma", 2), "2024-12-31", "sma", "2025-02-10"),
    ("twenty-first birthday", pupil("2004-02-10", "sma", 2), "2025-02-10", "", "2025-02-10"),
    ("level without class, by age", pupil("2011-11-20", "smp"), "2024-09-30", "smp", "2030-06-30"),
    ("old for the level: held in its last class", pupil("2009-01-20", "sd"), "2024-09-30", "sd", "2030-01-20"),
    ("young for the level: held in its first class", pupil("2013-01-20", "smp"), "2024-09-30", "smp", "2030-06-30"),
    ("class 8 means the level is finished", pupil("2011-11-20", "sd", 8), "2024-09-30", "sd", "2031-06-30"),
    ("level from the highest schooling", {"tanggal_lahir": "2010-08-08", "sekolah_status": 2, "pendidikan": 9, "kelas": 2},
     "2024-09-30", "smp", "2029-06-30"),
    ("school without birth date", {"sekolah_status": 2, "jenjang": "sma", "kelas": 2}, "2024-09-30", "sma", "2026-06-30"),
    ("school without birth date or class", {"sekolah_status": 2, "jenjang": "smp"}, "2024-09-30", "smp", "2030-06-30"),
    ("university is no component", {"tanggal_lahir": "2005-03-03", "sekolah_status": 2, "pendidikan": 19}, "2024-09-30", "", None),
    ("schooling unknown is the usual one", {"tanggal_lahir": "2012-09-01"}, "2024-09-30", "sd", "2031-06-30"),
    ("schooling unknown, past the usual end", {"tanggal_lahir": "2004-01-01"}, "2024-09-30", "", "2022-06-30"),
    ("an adult of unknown schooling", {"tanggal_lahir": "2002-09-01"}, "2024-09-30", "", None),
    ("drop-out", {"tanggal_lahir": "2010-09-01", "sekolah_status": 3}, "2024-09-30", "", "2024-09-15"),
    ("never at school at nine", {"tanggal_lahir": "2015-03-01", "sekolah_status": 1}, "2024-09-30", "", "2024-09-15"),
    ("young adult out of school", {"tanggal_lahir": "2001-03-01", "sekolah_status": 3}, "2024-09-30", "", None),
    # leaving
    ("pupil who moved out", pupil("2013-11-20", "sd", 5, tanggal_keluar="2024-08-01"), "2024-09-30", "", "2024-08-01"),
    ("pupil who died", pupil("2013-11-20", "sd", 5, keberadaan=2), "2024-09-30", "", "2024-09-15"),
    ("new member counts", pupil("2013-11-20", "sd", 5, keberadaan=5), "2024-09-30", "sd", "2032-06-30"),
    # pregnancy
    ("pregnant", ADULT | {"hamil": 1, "tanggal_perkiraan_lahir": "2025-01-20"}, "2024-09-30", "hamil", "2043-06-30"),
    ("pregnant, no date", ADULT | {"hamil": 1}, "2024-09-30", "hamil", "2043-06-30"),
    ("nifas, last day", ADULT | {"hamil": 1, "tanggal_perkiraan_lahir": "2024-09-15"}, "2024-10-26", "hamil", "2043-06-30"),
    ("after nifas", ADULT | {"hamil": 1, "tanggal_perkiraan_lahir": "2024-09-15"}, "2024-10-27", "", "2043-06-30"),
    ("no child in a year", ADULT | {"hamil": 1, "tanggal_perkiraan_lahir": "2023-09-15"}, "2024-09-30", "", "2023-10-27"),
    ("not pregnant", ADULT | {"hamil": 0, "tanggal_perkiraan_lahir": "2025-01-20"}, "2024-09-30", "", None),
    # lasting components
    ("seventy", {"tanggal_lahir": "1954-09-30"}, "2024-09-30", "lansia", "never"),
    ("day before seventy", {"tanggal_lahir": "1954-10-01"}, "2024-09-30", "", None),
    ("sixty was enough in 2019", {"tanggal_lahir": "1959-12-31", "day": "2019-05-01"}, "2019-12-31", "lansia", "never"),
    ("sixty no longer in 2020", {"tanggal_lahir": "1959-12-31", "day": "2019-05-01"}, "2020-01-01", "", None),
    ("lansia without birth date", {"sekolah_status": 3}, "2024-09-30", "", None),
    ("lansia who died", {"tanggal_lahir": "1950-01-01", "tanggal_keluar": "2024-09-01"}, "2024-09-30", "", "2024-09-01"),
    ("severely disabled adult", ADULT | {"disabilitas_berat": 1}, "2024-09-30", "disabilitas", "never"),
    ("severely disabled pupil counts in both", pupil("2013-11-20", "sd", 5, disabilitas_berat=1), "2024-09-30", "sd disabilitas",
     "never"),
    ("an adult has none", ADULT, "2024-09-30", "", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "as_of", "kinds", "end"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_golden_member(row, as_of, kinds, end):
    day = D(as_of)
    got = component_calendar(members(row), day).loc[1]
    assert [k for k in KINDS if got[f"komp_{k}_n"] > 0] == kinds.split()
    assert got["komp_aktif_n"] == (1 if kinds else 0)
    if end == "never":
        assert pd.isna(got["komp_habis_day"]) and pd.isna(got["komp_habis_hari"]) and got["komp_abadi"] == 1
    elif end is None:
        assert pd.isna(got["komp_habis_day"]) and got["komp_habis_hari"] == 0
    else:
        assert date_of(got["komp_habis_day"]).isoformat() == end
        assert got["komp_habis_hari"] == D(end) - day


def test_there_are_forty_golden_members():
    assert len(CASES) >= 40


def test_the_last_component_decides():
    family = members(pupil("2013-11-20", "sd", 5), pupil("2008-11-20", "sma", 1), ADULT)
    got = component_calendar(family, D("2024-09-30")).loc[1]
    assert got["komp_aktif_n"] == 2 and date_of(got["komp_habis_day"]).isoformat() == "2032-06-30"


def test_at_most_two_small_children_count():
    family = members(*({"tanggal_lahir": f"20{year}-01-05"} for year in (20, 21, 23)))
    got = component_calendar(family, D("2024-09-30")).loc[1]
    assert got["komp_aud_n"] == 2 and got["komp_aktif_n"] == 2


def test_a_grandmother_takes_over_before_the_pupil_ends():
    family = members(pupil("2008-11-20", "sma", 1), {"tanggal_lahir": "1956-01-01"})
    got = component_calendar(family, D("2024-09-30")).loc[1]
    assert pd.isna(got["komp_habis_hari"]) and got["komp_abadi"] == 0
    too_young = members(pupil("2008-11-20", "sma", 1), {"tanggal_lahir": "1960-01-01"})
    assert date_of(component_calendar(too_young, D("2024-09-30")).loc[1, "komp_habis_day"]).isoformat() == "2027-06-30"


GUARDS = [
    ("only an elder", [{"tanggal_lahir": "1950-01-01"}], "hanya_lansia_disabilitas lansia_tunggal"),
    ("two elders", [{"tanggal_lahir": "1950-01-01"}, {"tanggal_lahir": "1949-01-01"}], "hanya_lansia_disabilitas"),
    ("alone at sixty, by regulation", [{"tanggal_lahir": "1963-01-01"}], "lansia_tunggal"),
    ("elder with a grandchild", [{"tanggal_lahir": "1950-01-01"}, pupil("2013-11-20", "sd", 5)], ""),
    ("elder whose husband died", [{"tanggal_lahir": "1950-01-01"}, {"tanggal_lahir": "1948-01-01", "keberadaan": 2}],
     "hanya_lansia_disabilitas lansia_tunggal"),
    ("disabled adult", [ADULT | {"disabilitas_berat": 1}], "hanya_lansia_disabilitas disabilitas_berat"),
    ("pregnant mother", [ADULT | {"hamil": 1, "tanggal_perkiraan_lahir": "2025-01-20"}], "hamil"),
    ("child of 23 months", [ADULT, {"tanggal_lahir": "2022-10-01"}], "anak_bawah_dua"),
    ("child of two", [ADULT, {"tanggal_lahir": "2022-09-30"}], ""),
    ("birth not yet registered", [ADULT | {"hamil": 1, "tanggal_perkiraan_lahir": "2024-05-01"}], "anak_bawah_dua"),
    ("nobody with a component", [ADULT], ""),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "raised"), [case[1:] for case in GUARDS], ids=[case[0] for case in GUARDS])
def test_guards(rows, raised):
    got = component_calendar(members(*rows), D("2024-09-30")).loc[1]
    assert sorted(n.removeprefix("pagar_") for n in got.index if n.startswith("pagar_") and got[n] == 1) == sorted(
        raised.split()
    )


def test_no_members_give_no_families():
    assert component_calendar(members().iloc[:0], D("2024-09-30")).empty


@settings(max_examples=40, deadline=None)
@given(
    births=st.lists(st.integers(D("1940-01-01"), D("2024-09-30")), min_size=1, max_size=6),
    as_of=st.integers(D("2015-01-01"), D("2026-12-31")),
)
def test_whoever_is_active_ends_later_and_whoever_ended_is_not_active(births, as_of):
    family = members(*({"tanggal_lahir": date_of(b).isoformat(), "day": "2015-01-01"} for b in births))
    person = member_calendar(family, as_of)
    assert (person.loc[person["aktif"], "habis"] > as_of).all()
    assert not person.loc[person["habis"] <= as_of, "aktif"].any()
    whole = component_calendar(family, as_of).loc[1]
    ends = person["habis"].to_numpy()
    if whole["komp_habis_hari"] is not pd.NA:
        assert (
            whole["komp_habis_hari"] == max(ends.max() - as_of, 0)
            if ends.max() > as_of
            else whole["komp_habis_hari"] <= 0
        )
    else:
        assert (ends == NEVER).any() or (person["jadi_lansia"].to_numpy() <= ends.max()).any()


@settings(deadline=None)
@given(birth=st.integers(D("1940-01-01"), D("2024-12-31")), years=st.integers(0, 80))
def test_a_birthday_is_the_first_day_of_an_age(birth, years):
    day = _birthday(np.array([birth]), years)
    assert _age(np.array([birth]), day)[0] == years
    if years:
        assert _age(np.array([birth]), day - 1)[0] == years - 1
