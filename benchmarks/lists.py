"""Lists for a nation: allocation, reasons and files of made-up caseloads, part by part, at five sizes.

Nothing of the office outlives its part, so that memory shows what the streaming holds. Chances and facts are drawn, not
learned: what is timed is allocating, wording and writing, not the model.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from scipy import stats

from pkh_graduation import explanations, outputs, priorities
from pkh_graduation.contracts import INDEX, ExplainedPart, Facts, Scores, Snapshots
from pkh_graduation.features import dictionary
from pkh_graduation.programme.calendar import day_of

AS_OF = dt.date(2025, 9, 30)
NATION = 30_000
NAMES = ("Siti Rekaan", "Sri Umpama", "Dewi Contoh", "Nur Buatan", "Rini Khayal")
PLAIN: dict[str, tuple[float, float]] = {
    "desil": (1, 6), "data_umur_hari": (10, 760), "penghasilan_umur_hari": (10, 420), "komp_habis_hari": (-90, 4000),
    "kunjungan_hari": (1, 400),
}  # fmt: skip
RARE = (*priorities.HARD, "tunggakan_n", "utang_rentenir", "guncangan_n_12", "komp_abadi")


class Tilt:
    """A margin that is a sum of features, so that explaining costs next to nothing and wording all."""

    def __init__(self, columns: list[str]) -> None:
        self.coef = np.random.default_rng(0).normal(0, 0.15, len(columns))

    def explained_margin(self, X: pd.DataFrame) -> np.ndarray:
        return X.fillna(0.0).to_numpy() @ self.coef

    def explained_parts(self, X: pd.DataFrame) -> list[ExplainedPart]:
        matrix = X.fillna(0.0).to_numpy()
        center = np.zeros(matrix.shape[1])
        return [ExplainedPart("linear", 1.0, matrix, tuple(X.columns), 0, coef=self.coef, center=center)]


@dataclasses.dataclass(frozen=True)
class Office:
    """Caseloads of one part, as the rooms upstream would hand them over."""

    scores: Scores
    facts: Facts
    history: Snapshots
    vault: pd.DataFrame
    told: list[str]


def make_office(part: int, first: int, pendamping: int, families: int) -> Office:
    rng = np.random.default_rng([7, part])
    n, catalogue = pendamping * families, dictionary()
    person = first + np.arange(n) // families
    ids = [f"k{person[row]:07x}{row % families:08x}" for row in range(n)]
    index = pd.MultiIndex.from_arrays([ids, np.full(n, np.datetime64(AS_OF, "s"))], names=INDEX)
    drawn = rng.integers(0, 4, (n, len(catalogue))).astype(float)
    drawn[rng.random(drawn.shape) < 0.05] = np.nan
    values = pd.DataFrame(drawn, index=index, columns=list(catalogue.index))
    values[list(RARE)] = (rng.random((n, len(RARE))) < 0.05) * 1.0
    values[list(PLAIN)] = np.column_stack([rng.integers(*bounds, n) for bounds in PLAIN.values()]).astype(float)
    values["komp_habis_day"] = day_of(AS_OF) + values["komp_habis_hari"]
    told = [name for name in catalogue.index[catalogue["model"].astype(bool)] if name not in (*PLAIN, *RARE)][:60]
    known = pd.DataFrame(rng.integers(19000, 20300, (n, len(told))), index=index, columns=told).astype("Int32")
    return Office(
        scores=_scores(index, rng.beta(1, 20, n)),
        facts=Facts(values, known, catalogue),
        history=_history(index, person, rng),
        vault=_vault(ids, rng),
        told=told,
    )


def _scores(index: pd.MultiIndex, p: np.ndarray) -> Scores:
    grown = np.linspace(0, 1, 5)[None, :] * p[:, None]
    rest = np.linspace(0, 0.02, 5)[None, :] * np.ones((len(p), 1))
    path = np.stack([1 - grown - 2 * rest, grown, rest, rest], axis=2)
    return Scores(index, path, np.zeros(len(p)), p * 0.6, np.minimum(1.0, p * 1.5))


def _history(index: pd.MultiIndex, person: np.ndarray, rng: np.random.Generator) -> Snapshots:
    """60 pendamping to a kabupaten, five to a kecamatan, three desa to a caseload."""
    kabupaten = 1100 + person // 60
    kecamatan = kabupaten * 1000 + person // 5 % 12 * 10
    frame = pd.DataFrame(
        {
            "pendamping_id": [f"d{number:015x}" for number in person],
            "kelompok_id": [
                f"g{number:07x}{group:08x}"
                for number, group in zip(person, rng.integers(0, 10, len(person)), strict=True)
            ],
            "desa": (kecamatan * 1000 + person % 5 * 3 + rng.integers(0, 3, len(person))).astype(str),
            "kecamatan": kecamatan.astype(str),
            "kabupaten": kabupaten.astype(str),
            "proses": np.where(rng.random(len(person)) < 0.02, "usulan", None),
            "proses_jenis": None,
        },
        index=index,
        dtype="str",
    )
    days = {name: pd.array([pd.NA] * len(person), dtype="Int32") for name in ("masuk_day", "proses_day")}
    frame = frame.assign(kpm=np.arange(len(person)), masuk_perkiraan=False, **days)
    return Snapshots(frame.iloc[rng.permutation(len(frame))])


def _vault(ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    number = rng.integers(1, 90, len(ids))
    return pd.DataFrame(
        {
            "kpm_id": ids,
            "nama_pengurus": [f"{NAMES[value % 5]} {row % 300}" for row, value in enumerate(number.tolist())],
            "alamat": [f"Jl. Melati No. {value}" for value in number.tolist()],
            "dusun": "Krajan",
            "rt": [f"{value % 9 + 1:03d}" for value in number.tolist()],
            "rw": "002",
        }
    )


class Clock:
    """CPU and wall seconds of this process by kind of work."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.wall: dict[str, float] = {}

    @contextmanager
    def __call__(self, kind: str) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu[kind] = self.cpu.get(kind, 0.0) + time.process_time() - cpu
        self.wall[kind] = self.wall.get(kind, 0.0) + time.perf_counter() - wall


def run(given: argparse.Namespace, out: Path) -> dict[str, float]:
    """All parts of one size, in a process of its own, so that its peak of memory is its own."""
    clock, quota = Clock(), priorities.quota_on(AS_OF)
    parts = [
        (number, first, min(given.part, given.pendamping - first), given.families)
        for number, first in enumerate(range(0, given.pendamping, given.part))
    ]
    cohort = priorities.Cohort()
    for part in parts:
        office = make_office(*part)
        with clock("measure"):
            cohort += priorities.Cohort.of(office.scores, office.facts, office.history)
    model, summaries, listed = Tilt(office.told), [], 0
    X = office.facts.values[office.told].astype(float)
    # Once before the clock runs: the first explanation imports what all others find there.
    explanations.explain(model, X.iloc[:5], office.facts)
    for part in parts:
        office = make_office(*part)
        given_facts = (office.facts, office.history)
        with clock("allocate"):
            lists = priorities.prioritise(
                office.scores, None, *given_facts, quota=quota, cohort=cohort, run_id=hashlib.sha256(b"").hexdigest()
            )
        on = pd.MultiIndex.from_frame(lists.frame.loc[lists.frame["urutan"].notna(), list(INDEX)])
        listed += len(on)
        X = office.facts.values.loc[on, office.told].astype(float)
        with clock("reasons"):
            reasons = explanations.explain(model, X, office.facts)
        with clock("allocate"):
            lists = priorities.add_reasons(lists, reasons)
        with clock("write"):
            name = f"{part[0]:04d}"
            summaries.append(
                outputs.write_part(lists, out, part=name, vault=office.vault, folders=True, workers=given.workers)
            )
    with clock("index"):
        index = outputs.write_index(summaries, out)
    workers_mb = peak_of_children()
    get_reusable_executor().shutdown(wait=True)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    here = resource.getrusage(resource.RUSAGE_SELF)
    files = [path for path in out.rglob("*") if path.is_file()]
    return {
        "pendamping": given.pendamping,
        "listed": listed / given.pendamping,
        "allocate_cpu": clock.cpu["measure"] + clock.cpu["allocate"],
        "reasons_cpu": clock.cpu["reasons"],
        "write_cpu": clock.cpu["write"] + children.ru_utime + children.ru_stime,
        "write_wall": clock.wall["write"],
        "index_cpu": clock.cpu["index"],
        "pages": len(index.pages),
        "rss_mb": here.ru_maxrss / 1024,
        "worker_rss_mb": workers_mb,
        "files": len(files),
        "mb": sum(path.stat().st_size for path in files) / 1e6,
    }


def peak_of_children() -> float:
    """Largest peak of memory among the processes we started, MB; their own, not what they inherited (Linux)."""
    peaks = [0.0]
    for task in Path("/proc/self/task").glob("*/children"):
        for child in task.read_text().split():
            status = Path(f"/proc/{child}/status").read_text()
            peaks += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks)


def in_its_own_process(size: int, given: argparse.Namespace) -> dict[str, float]:
    words = {"families": given.families, "workers": given.workers, "part": given.part}
    options = [word for name, value in words.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, __file__, "--alone", "--pendamping", str(size), *options],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def growth(rows: list[dict[str, float]], name: str) -> str:
    """Exponent b of ``seconds = a * size ** b`` by least squares on logarithms, with its 95 % t-interval."""
    line = stats.linregress(np.log([row["pendamping"] for row in rows]), np.log([row[name] for row in rows]))
    half = stats.t.ppf(0.975, len(rows) - 2) * line.stderr
    return f"{line.slope:.2f} ({line.slope - half:.2f} to {line.slope + half:.2f})"


def report(rows: list[dict[str, float]], families: int) -> None:
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(f"{value:,.2f}".removesuffix(".00") for value in row.values()) + " |")
    last = rows[-1]
    lists = last["pendamping"]
    print(f"\nper family: allocation {last['allocate_cpu'] / lists / families * 1e6:.1f} microseconds")
    print(f"per listed family: reasons {last['reasons_cpu'] / lists / last['listed'] * 1e3:.2f} ms")
    print(f"per list: {last['write_cpu'] / lists * 1e3:.1f} ms CPU, {last['write_wall'] / lists * 1e3:.1f} ms wall")
    minutes = {
        name: last[name] / lists * NATION / 60 for name in ("allocate_cpu", "reasons_cpu", "write_cpu", "write_wall")
    }
    print(f"{NATION:,} lists, minutes: " + ", ".join(f"{name} {value:.1f}" for name, value in minutes.items()))
    for name in ("allocate_cpu", "reasons_cpu", "write_cpu", "rss_mb"):
        print(f"growth of {name}: {growth(rows, name)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pendamping", type=int, default=2000, help="the largest size; four more, each half of the next"
    )
    parser.add_argument("--families", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--part", type=int, default=50, help="pendamping in a part")
    parser.add_argument("--alone", action="store_true", help="one size only, as one line of JSON")
    given = parser.parse_args()
    if given.alone:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(run(given, Path(folder))))
        return
    sizes = [max(1, given.pendamping >> power) for power in (4, 3, 2, 1, 0)]
    report([in_its_own_process(size, given) for size in sizes], given.families)


if __name__ == "__main__":
    main()
