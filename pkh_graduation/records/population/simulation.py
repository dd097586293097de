"""The life of one part, quarter by quarter: who is in, what each family is like, who leaves, and by which hazard.

`simulate` returns a `Life`: traits of families and members, what each family was like in each quarter, and logs of what
happened. Tables for the office and the hidden truth are both written from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from . import enterprises, exits, levers, sessions, welfare
from .exits import ADMIN, ALAMIAH, DESIL, EFFECTIVE, MANDIRI, PAKSA, Calibration
from .families import Columns, component_counts, draw_families, lansia_age, year_of
from .presets import YEAR, PartKey, Preset
from .regions import OPEN, Field, Region, make_field, make_region
from .streams import stream

FAR = int(OPEN)


@dataclass
class Life:
    """Everything that happened in a part. Arrays in ``fam`` run over families, in ``people`` over members.

    ``quarters`` holds arrays (families, quarters), padded with zeros before a family exists. ``logs`` are columns.
    """

    preset: Preset
    seed: int
    key: PartKey
    region: Region
    field: Field
    fam: Columns
    people: Columns
    schedule: sessions.Schedule
    calibration: Calibration
    quarters: Columns = field(default_factory=dict)
    logs: dict[str, Columns] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Families that were ever in during the span."""
        return len(self.fam["masuk"])

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for one purpose in this part."""
        return stream(self.seed, purpose, self.key.kabupaten, self.key.bucket)

    def member_on(self, fam: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Whether a family was in the programme on a day."""
        f = self.fam
        first = (f["masuk"][fam] <= day) & (day < f["keluar1"][fam])
        second = (f["kembali"][fam] <= day) & (day < f["keluar2"][fam])
        inside: np.ndarray = first | second
        return inside


class _Run:
    """The moving state of a simulation."""

    def __init__(self, preset: Preset, seed: int, key: PartKey, calibration: Calibration | None) -> None:
        self.preset, self.seed, self.key, self.m = preset, seed, key, preset.numbers
        self.region = make_region(preset, seed, key.kabupaten)
        self.field = make_field(preset, seed, key, self.region)
        self.calibration = calibration
        self.schedule = sessions.make_schedule(preset, self.field, self.rng("jadwal"))
        self.fam: Columns = {}
        self.people: Columns = {}
        self.state: Columns = {}
        self.recorded: list[Columns] = []
        self.logs: dict[str, list[Columns]] = {"hadir": [], "tawaran": [], "kasus": [], "survei": [], "peringkat": []}
        self.intercepts: list[float] = []
        self.edges = calibration.edges if calibration else np.zeros(0)
        self.done = np.zeros(len(self.field.supply), dtype=np.int64)

    def rng(self, purpose: str, quarter: int = 0) -> np.random.Generator:
        return stream(self.seed, purpose, self.key.kabupaten, self.key.bucket, quarter)

    # -- families in --------------------------------------------------------------------------------------------------
    def burn_in(self) -> None:
        """Cohorts since 2007, so that membership and ages at the start are those of a running programme."""
        first_year = int(year_of(self.preset.starts[0]))
        shares = dict(zip(self.m["masuk.tahun_beban"], self.m["masuk.beban_juta"], strict=True))
        for year in range(2007, first_year):
            target = round(self.key.slots * shares.get(year, self.m["masuk.beban_penuh"]) / self.m["masuk.beban_penuh"])
            begin, end = (int(np.datetime64(f"{y}-01-01", "D").astype(np.int64)) for y in (year, year + 1))
            rng = self.rng("sebelum", year)
            self._burn_year(rng, year, begin, end)
            have = len(self.fam["masuk"]) if self.fam else 0
            if target > have:
                self._append(*draw_families(rng, target - have, begin, end - 1, self.m))
        self._append(*draw_families(self.rng("sebelum"), max(0, self.key.slots - len(self.fam["masuk"])),
                                    int(self.preset.starts[0]) - 360, int(self.preset.starts[0]) - 1, self.m))  # fmt: skip
        self._settle(self.rng("awal"), np.arange(len(self.fam["masuk"])), quarter=-1)

    def _burn_year(self, rng: np.random.Generator, year: int, begin: int, end: int) -> None:
        if not self.fam:
            return
        n = len(self.fam["masuk"])
        counts = component_counts(self.people, n, end - 1, lansia_age(end - 1, self.m)).sum(axis=1)
        cleared = exits.alamiah_hazard(counts, year, self.m)
        leave = np.where(counts == 0, 1 - (1 - cleared) ** 4, 0.0)
        others = self.m["keluar.admin"] + sum(exits.mandiri_rate(max(year, 2018), t, self.m) for t in (1, 2, 3, 4))
        keep = rng.random(n) >= leave + others
        index = np.cumsum(keep) - 1
        of = keep[self.people["fam"]]
        self.people = {name: values[of] for name, values in self.people.items()}
        self.people["fam"] = index[self.people["fam"]]
        self.fam = {name: values[keep] for name, values in self.fam.items()}

    def _append(self, fam: Columns, people: Columns) -> None:
        if self.fam:
            people["fam"] = people["fam"] + len(self.fam["masuk"])
            fam = {name: np.concatenate([self.fam[name], fam[name]]) for name in fam}
            people = {name: np.concatenate([self.people[name], people[name]]) for name in people}
        self.fam, self.people = fam, people

    def _settle(self, rng: np.random.Generator, new: np.ndarray, quarter: int) -> None:
        """Give new families their kelompok and their starting state."""
        n, q = len(new), max(quarter, 0)
        kelompok = self._places(rng, n)
        field_, region, m = self.field, self.region, self.m
        desa = field_.kelompok_desa[kelompok]
        w0 = m["kesejahteraan.pendidikan"] * self.fam["edu"][new] + self.fam["sisa0"][new]
        owns = enterprises.owns_at_entry(rng, w0, m)
        entry = self.fam["masuk"][new]
        years = np.clip((self.preset.starts[0] - entry) / YEAR, 0.0, 3.0) / 3.0
        complete = rng.random(n) < (m["p2k2.m2_awal"] + m["p2k2.m2_awal_w"] * w0) * years
        rentenir = rng.random(n) < exits.sigmoid(np.log(m["keuangan.rentenir"] / (1 - m["keuangan.rentenir"]))
                                                 + m["keuangan.rentenir_w"] * w0)  # fmt: skip
        mekaar = owns & (rng.random(n) < m["keuangan.mekaar"])
        remote = self.fam["jarak"][new]
        fresh: Columns = {
            "kelompok": kelompok,
            "post": field_.kelompok_post[kelompok],
            "desa": desa,
            "sulit": region.sulit[desa],
            "tempat": region.efek + region.efek_desa[desa],
            "tak_diusulkan": rng.random(n) < np.clip(m["keluar.tidak_diusulkan_bagian"] * remote, 0, 1),
            "terampil": self.fam["terampil"][new],
            "giat": self.fam["giat"][new],
            "jarak": remote,
            "sisa": self.fam["sisa0"][new],
            "guncang": np.zeros(n),
            "usaha": owns,
            "usaha_no": owns.astype(np.int64),
            "usaha_mulai": entry - rng.integers(30, 2500, n),
            "usaha_tutup": np.full(n, -FAR),
            "sifat": rng.normal(size=n),
            "rentenir": rentenir,
            "mekaar": mekaar,
            "pinjaman": rentenir | mekaar,
            "m2_bit": np.where(complete, 7, 0),
            "kesempatan": rng.integers(q, self.preset.quarters, (n, 4)),
            "tuas_mulai": np.full((n, 4), levers.NEVER),
            "aktif": np.ones(n, dtype=bool),
            "mulai": entry,
            "keluar": np.full(n, FAR),
            "keluar1": np.full(n, FAR),
            "keluar2": np.full(n, FAR),
            "kembali": np.full(n, FAR),
            "kembali_triwulan": np.full(n, -1),
            "sebab1": np.zeros(n, dtype=np.int64),
            "sebab2": np.zeros(n, dtype=np.int64),
            "fase": rng.integers(0, 4, n),
            "w_rumah": np.full(n, np.nan),
            "w_catat": np.full(n, np.nan),
            "desil": np.zeros(n, dtype=np.int64),
            "skor": np.zeros(n),
        }
        self.state = (
            {name: np.concatenate([self.state[name], fresh[name]]) for name in fresh} if self.state else fresh
        )

    def _places(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Kelompok for n new families: free places first, in random order."""
        size = self.field.kelompok_size
        taken = np.bincount(self.state["kelompok"][self.state["aktif"]], minlength=len(size)) if self.state else 0 * size
        free = np.repeat(np.arange(len(size)), np.maximum(size - taken, 0))
        rng.shuffle(free)
        extra = rng.integers(0, len(size), max(0, n - len(free)))
        return np.concatenate([free, extra])[:n]

    # -- one quarter --------------------------------------------------------------------------------------------------
    def step(self, q: int) -> None:
        """Live through quarter q."""
        span = (int(self.preset.starts[q]), int(self.preset.starts[q + 1]))
        year, tahap = self.preset.year_tahap(q)
        if tahap == 1:
            self.done[:] = 0
        state = self.state
        state["aktif_awal"] = state["aktif"].copy()
        if q:
            self._enter(q, span, year)
            state = self.state
        self._describe(q, span)
        if q == 0 or tahap == 1 or year >= self.m["peringkat.triwulanan_sejak"]:
            self._rank(q, span, year)
        self._rank_new(q, span)
        record = self._leave(q, span, year, tahap)
        self.logs["hadir"].append(sessions.attend(self.rng("hadir", q), q, self.schedule, state, self.m))
        u = self.field.u[state["post"], q]
        self.logs["tawaran"].append(levers.offer(self.rng("tawaran", q), q, state, u, span, self.m))
        self._survey(q, span)
        self.recorded.append(record)
        enterprises.change_ownership(self.rng("usaha", q), state, span, self.m)

    def _enter(self, q: int, span: tuple[int, int], year: int) -> None:
        state = self.state
        back = state["kembali_triwulan"] == q
        target = round(self.key.slots * (self.preset.beban_2026 if year >= 2026 else 1.0))
        n = target - int(state["aktif"].sum()) - int(back.sum())
        rng = self.rng("masuk", q)
        day = rng.integers(span[0], span[0] + 60, len(back))
        state["kembali"] = np.where(back, day, state["kembali"])
        state["mulai"] = np.where(back, day, state["mulai"])
        state["keluar"] = np.where(back, FAR, state["keluar"])
        state["aktif"] |= back
        if n <= 0:
            return
        before = len(self.fam["masuk"])
        self._append(*draw_families(rng, n, span[0], span[0] + 59, self.m))
        new = np.arange(before, before + n)
        if year >= self.m["peringkat.triwulanan_sejak"]:
            self._target(rng, new)
        keep = self.state["aktif_awal"]
        self._settle_more(rng, new, q, keep)

    def _settle_more(self, rng: np.random.Generator, new: np.ndarray, q: int, before: np.ndarray) -> None:
        derived = {name: self.state.pop(name) for name in list(self.state) if name not in _STATE}
        self._settle(rng, new, q)
        del derived
        self.state["aktif_awal"] = np.concatenate([before, np.zeros(len(new), dtype=bool)])

    def _target(self, rng: np.random.Generator, new: np.ndarray) -> None:
        """Entrants since DTSEN rank in the programme's deciles: those drawn above are drawn again, lower."""
        w0 = self.m["kesejahteraan.pendidikan"] * self.fam["edu"][new] + self.fam["sisa0"][new]
        own = np.sqrt(self.m["peringkat.bising_tetap"]) * self.m["peringkat.bising"] * self.fam["desil_tetap"][new]
        above = w0 + own > self.edges[self.m["keluar.desil_maks"] - 1] - 0.3
        lower = self.fam["sisa0"][new] - np.abs(rng.normal(1.2, 0.5, len(new)))
        self.fam["sisa0"][new] = np.where(above, lower, self.fam["sisa0"][new])

    def _describe(self, q: int, span: tuple[int, int]) -> None:
        """What every family is like in the quarter; stored in the state."""
        state, fam, people, m = self.state, self.fam, self.people, self.m
        n = len(fam["masuk"])
        rng = self.rng("guncangan", q)
        hit = self.region.bencana[self.region.desa_kecamatan[state["desa"]], q]
        bits = welfare.draw_shocks(rng, fam, people, hit, span, m)
        state["guncang"] = welfare.next_shock(rng, state["guncang"], bits, m)
        if q:
            state["sisa"] = welfare.next_remainder(rng, state["sisa"], m)
        shape = welfare.household_shape(people, fam, span[0])
        state["kepesertaan"] = np.maximum(span[0] - state["mulai"], 0) / YEAR
        state["w"] = welfare.welfare(fam, shape, state["kepesertaan"], state["sisa"], state["guncang"], m)
        state["guncangan"] = bits
        counts = component_counts(people, n, span[0], lansia_age(span[0], m))
        state["komponen"] = counts
        state["besar"], state["perempuan"] = shape["besar"], shape["perempuan"]
        turnover = np.exp(enterprises.log_turnover(state["w"], state["sifat"], m)) / 1e6
        state["omzet"] = np.where(state["usaha"], turnover, 0.0)
        state["log_omzet"] = np.log1p(state["omzet"])
        state["m2"] = state["m2_bit"] == 7
        state["tuas"] = levers.effect(state["tuas_mulai"], q, state, m)
        flip = rng.random(n) < m["keuangan.rentenir_ganti"] / 4
        state["rentenir"] = np.where(flip, rng.random(n) < m["keuangan.rentenir"], state["rentenir"])
        moved = ~(np.abs(state["w"] - state["w_rumah"]) <= m["rumah.ambang_pindah"])
        state["w_rumah"] = np.where(moved, state["w"], state["w_rumah"])

    def _score(self, rng: np.random.Generator) -> np.ndarray:
        share = self.m["peringkat.bising_tetap"]
        noise = np.sqrt(share) * self.fam["desil_tetap"] + np.sqrt(1 - share) * rng.normal(size=len(self.state["w"]))
        score: np.ndarray = self.state["w"] + self.m["peringkat.bising"] * noise
        return score

    def _rank(self, q: int, span: tuple[int, int], year: int) -> None:
        state = self.state
        score = self._score(self.rng("peringkat", q))
        if not len(self.edges):
            self.edges = np.quantile(score[state["aktif"]], np.cumsum(self.m["peringkat.bagian"])[:-1])
        state["skor"] = score
        state["desil"] = 1 + np.searchsorted(self.edges, score)
        recent = (state["keluar"] < span[0]) & (state["keluar"] > span[0] - 400)
        left_better = recent & (np.maximum(state["sebab1"], state["sebab2"]) == MANDIRI)
        state["desil"] = np.minimum(state["desil"] + left_better, 10)
        fam = np.flatnonzero(state["aktif_awal"] | recent)
        self._log_rank(fam, q, np.full(len(fam), span[0] - 15))

    def _rank_new(self, q: int, span: tuple[int, int]) -> None:
        fam = np.flatnonzero(self.state["desil"] == 0)
        score = self._score(self.rng("peringkat_masuk", q))[fam]
        self.state["skor"][fam] = score
        self.state["desil"][fam] = 1 + np.searchsorted(self.edges, score)
        self._log_rank(fam, q, self.fam["masuk"][fam] - 20)

    def _log_rank(self, fam: np.ndarray, q: int, day: np.ndarray) -> None:
        state = self.state
        self.logs["peringkat"].append(
            {"fam": fam, "hari": day, "triwulan": np.full(len(fam), q), "desil": state["desil"][fam], "skor": state["skor"][fam]}
        )

    # -- leaving ------------------------------------------------------------------------------------------------------
    def _leave(self, q: int, span: tuple[int, int], year: int, tahap: int) -> Columns:
        state, m = self.state, self.m
        own = exits.predictor(state, m)
        effect = self.field.u[state["post"], q]
        barred = m["keluar.tidak_diusulkan"] + m["keluar.tidak_diusulkan_siap"]
        habit = np.where(state["tak_diusulkan"], barred, 0.0)
        at_risk = state["aktif_awal"]
        h_desil = exits.desil_hazard(state["desil"], year, tahap, m)
        h_paksa = exits.yearly_to_quarter(m["keluar.paksa"])
        h_admin = exits.yearly_to_quarter(m["keluar.admin"])
        h_office = 1 - (1 - h_desil) * (1 - h_paksa) * (1 - h_admin)
        passing = exits.agreement(state["w"], m) * m["keluar.disetujui"]
        intercept = self._intercept(q, year, tahap, (own + habit)[at_risk], (passing * (1 - h_office))[at_risk])
        eta = intercept + own + habit + effect + state["tempat"]
        stopped = self._stopped(year)[state["post"]]
        hazard_case = np.where(stopped, 0.0, exits.sigmoid(eta))
        h_natural = exits.alamiah_hazard(state["komponen"].sum(axis=1), year, m)
        record = {
            **{name: state[name] for name in _RECORDED},
            "aktif": at_risk.copy(), "u": effect, "tempat": state["tempat"], "eta_keluarga": own, "eta": eta,
            "intersep": np.full(len(own), intercept), "berhenti": stopped, "h_kasus": hazard_case, "lolos": passing,
            "h_mandiri": hazard_case * passing, "h_mandiri_rt": exits.sigmoid(intercept + own) * passing,
            "h_alamiah": h_natural, "h_desil": h_desil, "h_administratif": h_office,
            "komponen": state["komponen"].astype(np.int8),
        }  # fmt: skip
        rng = self.rng("keluar", q)
        cases = exits.draw_cases(rng, hazard_case, state["w"], m)
        record["kasus"] = np.where(at_risk, cases, 0)
        cases = self._decide(rng, q, span, year, cases, (h_desil, h_paksa, h_admin), h_natural)
        record["sebab"] = np.where(at_risk, state["sebab_kini"], 0)
        return {name: np.array(values) for name, values in record.items()}

    def _intercept(self, q: int, year: int, tahap: int, own: np.ndarray, passing: np.ndarray) -> float:
        if self.calibration is not None:
            value = float(self.calibration.intercept[q])
        else:
            rate = exits.mandiri_rate(year, tahap, self.m)
            has_target = year in self.m["keluar.target_tahun"]
            yearly = sum(exits.mandiri_rate(year, t, self.m) for t in (1, 2, 3, 4))
            kept = exits.stop_loss(yearly, self.m) if has_target else 1.0
            value = exits.solve_intercept(own, passing, rate / kept, self.m)
        self.intercepts.append(value)
        return value + (self.preset.geser_logit_2026 if year >= 2026 else 0.0)

    def _stopped(self, year: int) -> np.ndarray:
        """Posts that have reached their target and stop there."""
        if year not in self.m["keluar.target_tahun"]:
            return np.zeros(len(self.done), dtype=bool)
        stopped: np.ndarray = self.field.stops & (self.done >= self.m["keluar.target_pendamping"])
        return stopped

    def _decide(
        self, rng: np.random.Generator, q: int, span: tuple[int, int], year: int, cases: np.ndarray,
        office: tuple[np.ndarray, float, float], natural: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """Let causes compete, write the exits into the state, and log the cases."""
        state = self.state
        n = len(cases)
        at_risk = state["aktif_awal"]
        u = rng.random((4, n))
        by_office = np.select([u[0] < office[0], u[1] < office[1], u[2] < office[2]], [DESIL, PAKSA, ADMIN], 0)
        cases = np.where(at_risk & (by_office == 0), cases, 0)
        if year in self.m["keluar.target_tahun"]:
            target = int(self.m["keluar.target_pendamping"])
            cases = exits.stop_at_target(rng, cases, state["post"], self.done, self.field.stops, target)
        cause = np.where(cases == EFFECTIVE, MANDIRI, by_office)
        cause = np.where((cause == 0) & (u[3] < natural), ALAMIAH, cause)
        cause = np.where(at_risk, cause, 0)
        day = rng.integers(span[0], span[1], n)
        state["sebab_kini"] = cause
        self._log_cases(q, cases, day)
        self._close(rng, q, cause, day)
        return cases

    def _log_cases(self, q: int, cases: np.ndarray, day: np.ndarray) -> None:
        fam = np.flatnonzero(cases)
        state = self.state
        self.logs["kasus"].append({"fam": fam, "triwulan": np.full(len(fam), q), "akhir": cases[fam], "hari": day[fam],
                                   "mulai": state["mulai"][fam], "w": state["w"][fam]})  # fmt: skip

    def _close(self, rng: np.random.Generator, q: int, cause: np.ndarray, day: np.ndarray) -> None:
        state = self.state
        out = cause > 0
        again = state["kembali"] < FAR
        state["keluar"] = np.where(out, day, state["keluar"])
        for name, which in (("1", ~again), ("2", again)):
            state[f"keluar{name}"] = np.where(out & which, day, state[f"keluar{name}"])
            state[f"sebab{name}"] = np.where(out & which, cause, state[f"sebab{name}"])
        state["aktif"] = state["aktif"] & ~out
        chance = exits.return_chance(state["w"], np.bitwise_count(state["guncangan"]), self.m)
        draw = rng.random((2, len(cause)))
        able = out & ~again & (cause != ALAMIAH) & (state["komponen"].sum(axis=1) > 0) & (draw[0] < chance)
        state["kembali_triwulan"] = np.where(able, q + 1 + (8 * draw[1]).astype(np.int64), state["kembali_triwulan"])

    # -- surveys ------------------------------------------------------------------------------------------------------
    def _survey(self, q: int, span: tuple[int, int]) -> None:
        """Yearly updates of the family's data; a quarter of them copy the old state of the house."""
        state, m = self.state, self.m
        rng = self.rng("survei", q)
        n = len(state["w"])
        day = rng.integers(span[0], span[1], n)
        new = (state["mulai"] >= span[0]) & (state["mulai"] < span[1])
        first = np.isnan(state["w_catat"])
        day = np.where(new, state["mulai"], day)
        day = np.where(first & ~new, np.maximum(span[0] - rng.integers(1, 365, n), self.fam["masuk"]), day)
        due = state["aktif_awal"] & ((q + state["fase"]) % 4 == 0) & (rng.random(n) < m["lapangan.survei"])
        chosen = (due | new | (first & state["aktif_awal"])) & (day < state["keluar"])
        fresh = first | (rng.random(n) >= m["rumah.usang"])
        state["w_catat"] = np.where(chosen & fresh, state["w_rumah"], state["w_catat"])
        fam = np.flatnonzero(chosen)
        self.logs["survei"].append({"fam": fam, "triwulan": np.full(len(fam), q), "hari": day[fam], "w_catat": state["w_catat"][fam],
                                    "awal": first[fam]})  # fmt: skip


_RECORDED = (
    "w", "usaha", "usaha_no", "usaha_mulai", "usaha_tutup", "omzet", "log_omzet", "m2", "kepesertaan", "tuas", "guncangan",
    "besar", "perempuan", "rentenir", "desil",
)  # fmt: skip
_STATE = frozenset(
    "kelompok post desa sulit tempat tak_diusulkan terampil giat jarak sisa guncang usaha usaha_no usaha_mulai usaha_tutup sifat "
    "rentenir mekaar pinjaman m2_bit kesempatan tuas_mulai aktif mulai keluar keluar1 keluar2 kembali kembali_triwulan sebab1 "
    "sebab2 fase w_rumah w_catat desil skor".split()
)


def simulate(preset: Preset, seed: int, key: PartKey, calibration: Calibration | None) -> Life:
    """Live through all quarters of one part. Without a calibration the part finds its own (the reference run)."""
    run = _Run(preset, seed, key, calibration)
    run.burn_in()
    for quarter in range(preset.quarters):
        run.step(quarter)
    kept = (
        "kelompok post desa sulit tempat tak_diusulkan keluar1 keluar2 kembali sebab1 sebab2 mekaar pinjaman tuas_mulai".split()
    )
    fam = {**run.fam, **{name: run.state[name] for name in kept}}
    found = Calibration(np.asarray(run.intercepts), run.edges)
    return Life(
        preset, seed, key, run.region, run.field, fam, run.people, run.schedule, found,
        _stack(run.recorded, len(fam["masuk"])),
        {name: {k: np.concatenate([part[k] for part in parts]) for k in parts[0]} for name, parts in run.logs.items()},
    )  # fmt: skip


def _stack(recorded: list[Columns], n: int) -> Columns:
    """Arrays (families, quarters, ...) from one record per quarter; families unknown as yet hold zeros."""
    out: Columns = {}
    for name in recorded[0]:
        shape = (n, len(recorded), *recorded[0][name].shape[1:])
        kind = recorded[0][name].dtype
        grid = np.zeros(shape, dtype=np.float32 if kind == np.float64 and name not in _EXACT else kind)
        for q, record in enumerate(recorded):
            grid[: len(record[name]), q] = record[name]
        out[name] = grid
    return out


_EXACT = ("eta", "h_kasus", "h_mandiri", "h_mandiri_rt")


def reference(preset: Preset) -> Calibration:
    """Intercepts and cut points for a preset, from a reference kabupaten that no table shows; the same for every seed.

    The intercept averages over pendamping and desa, and over kabupaten where the preset has several.
    """
    alone = (("wilayah.efek_kabupaten_sd", 0.0),) if preset.kabupaten == 1 else ()
    small = replace(
        preset, name="acuan", kpm=_REFERENCE, kabupaten=1, bucket=_REFERENCE, geser_logit_2026=0.0, ganti=(*preset.ganti, *alone)
    )
    return simulate(small, 20_180_101, PartKey(0, 0, 0, _REFERENCE), None).calibration


_REFERENCE = 4_000
"""Families of the reference kabupaten."""
