"""Five hundred made-up families: the component calendar against an oracle that shares no code with it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tomllib
from collections import Counter
from importlib.resources import files

import pandas as pd
import pytest
from component_lives import Member, cases, told

from pkh_graduation.features import components
from pkh_graduation.features.components import COLUMNS, KINDS, component_calendar
from pkh_graduation.programme.calendar import date_of, day_of
from pkh_graduation.programme.rules import lansia_age, rule

MADE = cases(500)
DATED = ("tanggal_lahir", "tanggal_perkiraan_lahir", "tanggal_keluar", "day")


def frame(families: list[list[Member]]) -> pd.DataFrame:
    """Members as the hatch hands them over; families are numbered from 0."""
    rows = [
        {"kpm": number} | {name: getattr(member, name) for name in ("day", *COLUMNS)}
        for number, family in enumerate(families)
        for member in family
    ]
    for row in rows:
        row |= {name: day_of(row[name]) for name in DATED if row[name] is not None}
    made = pd.DataFrame(rows).reindex(columns=["kpm", "day", *COLUMNS])
    types = {c: "Int32" if c in DATED else "Int64" for c in COLUMNS if c != "jenjang"}
    return made.astype({"kpm": "int64", "day": "int32", "jenjang": "str", **types})


def said(row: pd.Series) -> dict[str, int | dt.date | None]:
    """One row of the calendar in the oracle's words."""
    days = {} if pd.isna(row["komp_habis_day"]) else {"habis": date_of(int(row["komp_habis_day"]))}
    numbers = {name: None if pd.isna(value) else int(value) for name, value in row.drop("komp_habis_day").items()}
    return {"habis": None} | numbers | days


@pytest.mark.parametrize("on", sorted({on for on, _ in MADE}), ids=str)
def test_the_calendar_agrees_with_the_oracle(on):
    families = [family for date, family in MADE if date == on]
    calendar = component_calendar(frame(families), day_of(on))
    wrong = {
        number: (family, expected, got)
        for number, family in enumerate(families)
        if (expected := told(family, on)) != (got := said(calendar.loc[number]))
    }
    assert len(calendar) == len(families)
    assert not wrong


def test_the_five_hundred_hold_every_kind_of_family_often():
    assert len(MADE) == 500
    stories = Counter(story for _, family in MADE for story in {s for m in family for s in m.story})
    assert min(stories.values()) >= 15
    assert {"pupil of sd", "pupil of smp", "pupil of sma", "class unknown", "birth unknown", "small child", "left school",
            "schooling unknown", "university", "elderly", "pregnant", "disabled", "gone", "left a split family",
            "came from a split family"} == set(stories)  # fmt: skip
    answers = [told(family, on) for on, family in MADE]
    for kind in KINDS:
        assert sum(answer[f"komp_{kind}_n"] > 0 for answer in answers) >= 15, kind
    for guard in (name for name in answers[0] if name.startswith("pagar_")):
        assert sum(answer[guard] for answer in answers) >= 15, guard
    ended = [
        answer["habis"] is not None and answer["habis"] <= on for answer, (on, _) in zip(answers, MADE, strict=True)
    ]
    assert min(sum(ended), sum(answer["habis"] is None for answer in answers)) >= 30


def table() -> dict[str, dict]:
    text = files("pkh_graduation.programme").joinpath("components.toml").read_text("utf-8")
    return tomllib.loads(text)["kalender"]


def test_every_row_of_the_rule_table_says_on_whose_word():
    rows = table()
    for name, row in rows.items():
        assert ("sumber" in row) != ("asumsi" in row), name
        assert row["arti"] and row["satuan"], name
        assert ("aturan" in row) + ("konstanta" in row) + ("contoh" in row) == 1, name
    constants = {"LAST_CLASS", "PREGNANCY", "NIFAS", "UNREGISTERED", "SINGLE", "ABSENT", "HIGHER"}
    assert {row["konstanta"] for row in rows.values() if "konstanta" in row} == constants
    assert {row["aturan"] for row in rows.values() if "aturan" in row} >= {
        "aud_usia_maks", "sekolah_usia_min", "sekolah_usia_maks", "maks_anak_aud", "lansia_usia_praktik", "clearing_alamiah",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, row in table().items() if "contoh" not in row])
def test_the_rule_table_is_what_the_code_does(name):
    row = table()[name]
    if "konstanta" in row:
        held = getattr(components, row["konstanta"])
        assert (list(held) if isinstance(held, tuple) else held) == row["nilai"]
    else:
        found = rule(row["aturan"], on=row["berlaku_sejak"])
        assert (found.nilai, found.berlaku_sejak) == (row["nilai"], row["berlaku_sejak"])
        assert found.asumsi == ("asumsi" in row)


def one(**known) -> dict[str, int | dt.date | None]:
    member = Member(**({"day": dt.date(2024, 9, 15)} | known))
    return said(component_calendar(frame([[member]]), day_of(dt.date(2024, 9, 30))).loc[0])


@pytest.mark.parametrize("name", [name for name, row in table().items() if "contoh" in row])
def test_conventions_hold_in_their_example(name):
    row = table()[name]
    member = row["contoh"]
    got = one(**{key: value for key, value in member.items() if key not in ("komponen", "habis")})
    assert [kind for kind in KINDS if got[f"komp_{kind}_n"]] == member["komponen"]
    assert got["habis"] == member.get("habis")


def test_elderly_by_practice_changes_with_the_date_of_the_table():
    changes = sorted(row["berlaku_sejak"] for row in table().values() if row.get("aturan") == "lansia_usia_praktik")
    assert lansia_age(changes[1] - dt.timedelta(1)) != lansia_age(changes[1])


def test_the_oracle_is_not_blind():
    # the same families with one fact changed: the oracle must tell the difference
    on, family = next((on, f) for on, f in MADE if told(f, on)["komp_sma_n"] == 1 and told(f, on)["habis"] is not None)
    older = [dataclasses.replace(m, disabilitas_berat=1) for m in family]
    assert told(older, on) != told(family, on)
