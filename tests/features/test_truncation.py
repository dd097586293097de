"""No feature, and no known day, changes when everything known after the date is taken away: bit for bit."""

from __future__ import annotations

import pandas as pd
import pytest
from made_tables import DATES, cut_records, spine_of

from pkh_graduation.contracts import Snapshots
from pkh_graduation.features import Catalogue, bind, build_features, compile_features, default_catalogue
from pkh_graduation.features import compiler as compiler_module
from pkh_graduation.features.catalogue import enterprise, payments, sessions
from pkh_graduation.programme.calendar import day_of


@pytest.fixture(scope="module")
def whole(records, history, engine):
    return build_features(records, history, engine=engine, spine=spine_of(DATES))


def at(history, date):
    frame = history.frame
    return Snapshots(frame[frame.index.get_level_values("as_of") == pd.Timestamp(date)])


def differing(whole, part):
    """Columns of X, of the values and of the known days that are not bit for bit the same."""
    (X, facts), (X_cut, facts_cut) = whole, part
    pairs = ((X, X_cut), (facts.values, facts_cut.values), (facts.known, facts_cut.known))
    rows = X_cut.index
    return [name for full, cut in pairs for name in cut if not full.loc[rows, name].equals(cut[name])]


@pytest.mark.parametrize("date", DATES)
def test_what_became_known_later_changes_nothing(date, whole, records, history, engine):
    cut = cut_records(records, day_of(date))
    assert any(len(cut.tables[name]) < len(table) for name, table in records.tables.items())
    part = build_features(cut, at(history, date), engine=engine, spine=spine_of([date]))
    assert differing(whole, part) == []
    assert len(part[0]) > 40


LEAKS = {
    "known": ("t.known_day <= :as_of AND ", ""),
    "correction": ("t.known_day <= :as_of AND t.superseded_day > :as_of", "t.superseded_day = 2147483647"),
}


def spoilt_columns(records, history, engine):
    """Columns that the check above would name, over three subjects, at one date."""
    date = DATES[2]
    chosen = Catalogue.of([f for subject in (enterprise, payments, sessions) for f in subject.features()])
    given = {"engine": engine, "spine": spine_of([date]), "catalogue": chosen}
    now = at(history, date)
    return differing(
        build_features(records, now, **given), build_features(cut_records(records, day_of(date)), now, **given)
    )


def test_nothing_is_seen_without_a_leak(records, history, engine):
    assert spoilt_columns(records, history, engine) == []


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_seen(name, records, history, engine, monkeypatch):
    """The check above fails once the text lets later news in."""
    monkeypatch.setattr(compiler_module, "VISIBLE", compiler_module.VISIBLE.replace(*LEAKS[name]))
    assert len(spoilt_columns(records, history, engine)) > 40


def test_an_end_not_yet_heard_of_is_seen(records, history, engine, monkeypatch):
    monkeypatch.setattr(compiler_module, "_masked", lambda end, known: f"t.{end}")
    assert "usaha_aktif_n" in spoilt_columns(records, history, engine)


def test_every_table_of_the_text_is_read_through_the_visible_clauses():
    text = compile_features(default_catalogue().compiled).sql
    tables = compile_features(default_catalogue().compiled).tables
    for table in tables:
        assert f"FROM {table} t WHERE {compiler_module.VISIBLE}" in text
    reads = sum(text.count(f"FROM {table} t ") for table in tables)
    # A state reads its table twice: once to find the last visible record of each entity, once to fetch that record.
    assert reads == text.count(compiler_module.VISIBLE) + text.count("ON t.record_id = q.last_id")
    assert ":" not in bind(text, {"as_of": 1, "as_of_ymd": 1, "lo3": 1, "lo6": 1, "lo12": 1, "lo24": 1})
