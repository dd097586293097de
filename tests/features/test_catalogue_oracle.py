"""Every feature of the catalogue against its meaning, evaluated family by family in plain Python.

On a made-up population read from its own exports, and on hand-made tables full of corrections, voids, gaps and late ends.
"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import oracle_activity
import oracle_people
import pandas as pd
import pytest
from made_tables import DATES, Maker, spine_of
from oracle_world import MEANINGS, RESTS_ON, World, rows_of

from pkh_graduation import timeline
from pkh_graduation.contracts import Records
from pkh_graduation.features import build_features, default_catalogue
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.records import read_records
from pkh_graduation.records.population import Preset, write_population

assert oracle_activity and oracle_people  # importing them fills MEANINGS

FAMILIES = 200
POPULATION_DATES = [dt.date(2025, 9, 30), dt.date(2026, 5, 17)]
"""The end of a tahap, and a day inside one."""
NASTY_DATES = [DATES[1], DATES[2], DATES[4]]
"""A leap day, a month whose bounds are clamped, and a day by which nearly all is known."""

PROGRAMMES = (
    "pena", "ppse", "kube", "uep", "kur", "mekaar", "umi", "prakerja", "koperasi", "kdmp", "nib", "blk", "bpjs_tk", "sembako",
    "pbi_jkn", "pip", "kip_k", "rst", "bsps", "atensi", "sekolah_rakyat", "blt_dd",
)  # fmt: skip


class Nasty(Maker):
    """The hand-made tables, with every programme, payments that change their status, and visits that did not come about."""

    def _program(self, n):
        return super()._program(n) | {"program": self.pick(PROGRAMMES, n, 0)}

    def _keluarga(self, n):
        # So many columns have gaps that two observations would hardly ever both tell everything.
        made = super()._keluarga(n)
        complete = self.rng.random(n) < 0.5
        for name in made:
            if name.startswith("aset_"):
                made[name] = made[name].mask(made[name].isna() & complete, True)
        return made

    def tables(self):
        made = super().tables()
        payments = made["penyaluran"]
        # Two business keys in a row are two statuses of one payment.
        names = [f"b{key // 2:015x}" for key in payments["row_key"]]
        kpm = payments["row_key"].map(lambda key: key // 2 % self.families + 1)
        made["penyaluran"] = payments.assign(penyaluran_id=pd.Series(names, dtype="str"), kpm=kpm)
        said = self.pick(("ditemui", "tidak_ditemui", "belum"), len(made["kunjungan"]))
        made["kunjungan"] = made["kunjungan"].assign(hasil=said)
        return made


class Judged:
    """What the engine gave for a history, and what the oracle says."""

    def __init__(self, records, history, engine):
        dates = history.dates
        self.X, self.facts = build_features(records, history, engine=engine, spine=spine_of(dates))
        tables = {
            name: rows_of(table) for name, table in records.tables.items() if "kpm" in table or name == "p2k2_sesi"
        }
        self.families = {}
        for (_, stamp), family in self._families(history.frame, tables):
            self.families[family.kpm, stamp] = family
        self.index = [(kpm, stamp) for (_, stamp), kpm in history.frame["kpm"].items()]
        self.expected = {name: [rule(self.families[place]) for place in self.index] for name, rule in MEANINGS.items()}

    @staticmethod
    def _families(frame, tables):
        for stamp, here in frame.groupby(level="as_of"):
            world = World(tables, [person(row) for row in rows_of(here)], day_of(stamp.date()))
            yield from zip(here.index, world.families, strict=True)

    def known(self, name):
        """Latest known day of the rows that a value rests on."""
        rests = [RESTS_ON[name](self.families[place]) for place in self.index]
        return [max((row["known_day"] for row in rows), default=None) for rows in rests]


def person(row):
    group = row["kelompok_id"]
    return {
        "kpm": row["kpm"], "kelompok": None if group is None else int(group[1:], 16), "desa": row["desa"],
        "masuk": row["masuk_day"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def population(tmp_path_factory, engine):
    folder = tmp_path_factory.mktemp("penduduk")
    size = Preset("uji", FAMILIES, first=(2024, 1), quarters=12)
    write_population(folder / "records", folder / "truth", preset=size, seed=5)
    records, _ = read_records(folder / "records", key=b"kunci orang buatan")
    return Judged(records, timeline.take_snapshots(records, at=POPULATION_DATES), engine)


@pytest.fixture(scope="module")
def nasty(engine):
    made = Nasty(seed=23, families=45)
    return Judged(Records(made.tables(), sintetis=True, digest="uji"), made.history(NASTY_DATES), engine)


def same(got, wanted):
    """Exact, missing equal to missing; reals to 1e-12 of their size."""
    if wanted is None or got is None or pd.isna(got):
        return wanted is None and (got is None or pd.isna(got))
    if isinstance(wanted, float) and isinstance(got, float):
        return math.isclose(got, wanted, rel_tol=1e-12)
    return got == wanted


def unlike(judged, name, got, wanted):
    """The first place at which two columns differ, for the message."""
    for place, (a, b) in enumerate(zip(got.astype(object), wanted, strict=True)):
        if not same(a, b):
            return f"{name} of row {place} on {judged.index[place][1].date()}: got {a!r}, meant {b!r}"
    return None


def test_every_feature_has_a_meaning():
    names = {feature.name for feature in default_catalogue().features}
    assert names - set(MEANINGS) == set(), "define what these mean in oracle_*.py"
    assert set(MEANINGS) - names == set(), "these are no longer in the catalogue"


@pytest.mark.parametrize("world", ["population", "nasty"])
def test_every_feature_is_what_it_means(world, request):
    judged = request.getfixturevalue(world)
    assert judged.facts.catalogue["tersedia"].all()
    values = judged.facts.values
    wrong = [unlike(judged, name, values[name], judged.expected[name]) for name in MEANINGS]
    assert [message for message in wrong if message] == []


@pytest.mark.parametrize("world", ["population", "nasty"])
def test_a_value_became_known_with_the_rows_it_rests_on(world, request):
    judged = request.getfixturevalue(world)
    assert len(RESTS_ON) >= 60
    wrong = [unlike(judged, name, judged.facts.known[name], judged.known(name)) for name in RESTS_ON]
    assert [message for message in wrong if message] == []


@pytest.mark.parametrize("world", ["population", "nasty"])
def test_the_model_gets_the_same_values_rounded_once(world, request):
    judged = request.getfixturevalue(world)
    exact = judged.facts.values[judged.X.columns].astype("float64")
    pd.testing.assert_frame_equal(judged.X, exact.astype(np.float32).astype("float64"), check_exact=True)


def test_the_comparison_is_not_empty(population, nasty):
    """Nearly every feature takes several values somewhere; those that do not are named."""

    def varies(judged, name):
        return judged.facts.values[name].nunique() > 1

    dull = [name for name in MEANINGS if not varies(population, name) and not varies(nasty, name)]
    assert len(dull) <= 0.05 * len(MEANINGS), f"constant or missing everywhere: {dull}"
    assert sum(varies(population, name) for name in MEANINGS) >= 150
    assert sum(varies(nasty, name) for name in MEANINGS) >= 200
