"""Desk: where the rows of one taking-in are judged, by themselves, against one another and against what is known already."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from pkh_graduation.contracts import Quarantine
from pkh_graduation.monitoring.answers import OBJECTS, UNDATED, Fault, Judged, judge, says_objection
from pkh_graduation.monitoring.deliveries import Delivery, RawAnswer
from pkh_graduation.monitoring.rules import RULES
from pkh_graduation.programme.returns import ALPHABET, LIST_LETTERS, ROW_LETTERS, plain_note

ISSUED = ("list_id", "row_id", "run_id", "kpm_id", "pendamping_id", "tanggal_acuan")
"""Columns of the register of issued lists: one line per family of a list; ``tanggal_acuan`` is an ISO date."""

HISTORY = (
    *ISSUED, "hasil", "keputusan_keluarga", "keputusan", "tanggal_kunjungan", "catatan",
    "tanggal_diketahui", "kiriman", "nomor", "temuan",
)  # fmt: skip
"""Columns of the history of accepted answers: text, dates in ISO form; ``tanggal_diketahui`` is the day received, ``kiriman`` names
the delivery by its content, ``nomor`` (int64) counts answers in the order in which they were accepted, ``temuan`` is joined
by ``|``."""

TABLE = "umpan_balik"
SET_ASIDE = (*Quarantine.COLUMNS, "list_id", "row_id", "tanggal_diterima")
Key = tuple[str, str]


@dataclass
class Line:
    """A row on its way: what it says, and what became of it."""

    raw: RawAnswer
    kiriman: str
    verdict: Judged | Fault | None = None
    fate: str = ""

    @property
    def key(self) -> Key:
        """The row of a list that it answers."""
        return (self.raw.list_id, self.raw.row_id)


@dataclass
class Sheet:
    """A delivery on its way."""

    name: str
    digest: str
    lines: list[Line] = field(default_factory=list)

    @classmethod
    def of(cls, delivery: Delivery) -> Sheet:
        """Answers of one turn are named together by their content, so that a message forwarded twice is known."""
        turns: dict[int, list[RawAnswer]] = {}
        for row in delivery.rows:
            turns.setdefault(row.turn, []).append(row)
        names = {turn: _digest(rows) for turn, rows in turns.items()}
        lines = [Line(row, names[row.turn]) for row in sorted(delivery.rows, key=lambda row: (row.turn, row.row))]
        order = "\n".join(f"{line.raw.turn} {line.kiriman}" for line in lines)
        return cls(delivery.name, hashlib.sha256(f"{_digest(delivery.rows)}\n{order}".encode()).hexdigest(), lines)


def _digest(rows: Iterable[RawAnswer]) -> str:
    said = sorted(
        repr((r.list_id, r.row_id, r.hasil, r.keputusan_keluarga, r.keputusan, r.tanggal_kunjungan, r.catatan, r.rule))
        for r in rows
        if not r.blank
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


class Desk:
    """Where the rows of one taking-in are judged; the only state that changes."""

    def __init__(self, issued: pd.DataFrame, history: pd.DataFrame, received: dt.date) -> None:
        self.received = received.isoformat()
        self.day = received
        self.lists = {str(name): str(day) for name, day in zip(issued["list_id"], issued["tanggal_acuan"], strict=True)}
        lines = zip(*(issued[name].astype(object) for name in ISSUED), strict=True)
        self.issued = {(str(line[0]), str(line[1])): line for line in lines}
        self.versions: dict[Key, list[tuple[str, int, tuple[str, ...]]]] = {}
        self.delivered: set[tuple[str, Key]] = set()
        self.next = int(history["nomor"].max()) + 1 if len(history) else 1
        self.accepted: list[tuple[object, ...]] = []
        self.aside: list[tuple[object, ...]] = []
        self.waiting = 0
        for answer in history.itertuples(index=False):
            key = (str(answer.list_id), str(answer.row_id))
            said = tuple(str(getattr(answer, name)) for name in HISTORY[6:11])
            self._remember(key, str(answer.tanggal_diketahui), int(str(answer.nomor)), said)
            self.delivered.add((str(answer.kiriman), key))

    def _remember(self, key: Key, known: str, number: int, said: tuple[str, ...]) -> None:
        self.versions.setdefault(key, []).append((known, number, said))
        self.versions[key].sort()

    def read(self, sheet: Sheet) -> None:
        """Judge each row by itself, then against the others of its file and turn."""
        for line in sheet.lines:
            if not line.raw.blank:
                line.verdict = self._judge(line.raw)
            if line.raw.blank or (line.kiriman, line.key) in self.delivered:
                line.fate = "rows_unchanged"
        known = {line.key: line.raw.turn for line in sheet.lines if line.fate and not line.raw.blank}
        for line in _good(sheet):
            # What the file itself goes on to correct, and that correction is known, is not news of today.
            if line.raw.turn < known.get(line.key, 0):
                line.verdict = Fault("jawaban_lama_kembali")
        by_key: dict[tuple[Key, int], list[Line]] = {}
        for line in _good(sheet):
            by_key.setdefault((line.key, line.raw.turn), []).append(line)
        for lines in by_key.values():
            _disagree(lines, "jawaban_ganda")

    def _judge(self, raw: RawAnswer) -> Judged | Fault:
        if raw.rule:
            return Fault(raw.rule)
        if raw.list_id not in self.lists:
            return Fault("daftar_tak_dikenal", "list_id", raw.list_id)
        if (raw.list_id, raw.row_id) not in self.issued:
            return Fault("baris_tak_dikenal", "row_id", raw.row_id)
        return judge(raw, as_of=dt.date.fromisoformat(self.lists[raw.list_id]), received=self.day)

    def confront(self, sheets: Sequence[Sheet]) -> None:
        """Files of one taking-in have no order: where their last words on a family differ, all of them are set aside.

        What is known already speaks here only if nothing has replaced it.
        """
        last: dict[Key, dict[str, Line]] = {}
        corrected: set[tuple[str, Key]] = set()
        for sheet in sheets:
            for line in sheet.lines:
                if isinstance(line.verdict, Judged) and (not line.fate or self._stands(line.key, line.verdict)):
                    before = last.setdefault(line.key, {}).get(sheet.digest)
                    if before is not None and before.kiriman != line.kiriman:
                        corrected.add((before.kiriman, before.key))
                    last[line.key][sheet.digest] = line
        torn = set()
        for key, ends in last.items():
            # A message that another file goes on to correct is nobody's last word.
            words = {_said(line) for line in ends.values() if (line.kiriman, key) not in corrected}
            if len(words) > 1:
                torn.add(key)
        for sheet in sheets:
            for line in _good(sheet):
                if line.key in torn and not _objects(line):
                    line.verdict = Fault("jawaban_bertentangan")

    def _earlier(self, key: Key) -> list[tuple[str, ...]]:
        return [said for known, _, said in self.versions.get(key, []) if known <= self.received]

    def _stands(self, key: Key, judged: Judged) -> bool:
        """Whether an answer says what was said last."""
        return any(_same(said, judged) for said in self._earlier(key)[-1:])

    def file(self, sheet: Sheet) -> None:
        """Write down what becomes of each row."""
        for line in sheet.lines:
            if line.fate:
                continue
            if isinstance(line.verdict, Judged):
                self._accept(line, line.verdict)
            if isinstance(line.verdict, Fault):
                self._set_aside(sheet, line, line.verdict)

    def _accept(self, line: Line, judged: Judged) -> None:
        if self._stands(line.key, judged) or (line.kiriman, line.key) in self.delivered:
            line.fate = "rows_unchanged"
            return
        if judged.said in self._earlier(line.key) and judged.keputusan_keluarga != OBJECTS:
            line.verdict = Fault("jawaban_lama_kembali")
            return
        self.accepted.append(
            (*self.issued[line.key], *judged.said, self.received, line.kiriman, self.next, "|".join(judged.findings))
        )
        self._remember(line.key, self.received, self.next, judged.said)
        self.delivered.add((line.kiriman, line.key))
        self.next += 1
        line.fate = "rows_accepted"

    def _set_aside(self, sheet: Sheet, line: Line, fault: Fault) -> None:
        line.fate = "rows_quarantined"
        self.waiting += says_objection(line.raw)
        # What stood in a cell may be anything, a name or a number included: shown is what a note may show.
        shown = plain_note(fault.value) if fault.column in _SHOWN else ""
        shown = _id(shown) if fault.column in _IDS else shown
        ids = [_id(name) for name in line.key]
        self.aside.append(
            (TABLE, sheet.name, line.raw.row, fault.column, shown, fault.rule, RULES[fault.rule], *ids, self.received)
        )


_IDS = ("list_id", "row_id")
_SHOWN = ("hasil", "keputusan_keluarga", "keputusan", "tanggal_kunjungan", "tanggal_diketahui", *_IDS)


def _id(text: str) -> str:
    """An id of ours as it stands; of anything else, which may be a name or a number, nothing."""
    own = len(text) in (LIST_LETTERS, ROW_LETTERS) and set(text) <= set(ALPHABET) and not text.isdigit()
    return text if own else ""


def _good(sheet: Sheet) -> Iterator[Line]:
    """Rows not yet decided that no rule sets aside."""
    return (line for line in sheet.lines if isinstance(line.verdict, Judged) and not line.fate)


def _said(line: Line) -> tuple[str, ...]:
    assert isinstance(line.verdict, Judged)
    return line.verdict.said


def _same(last: tuple[str, ...], judged: Judged) -> bool:
    """Whether an answer says what was said last; a day that only stands in for a missing one does not count."""
    replaced = UNDATED in judged.findings
    return last == judged.said or (replaced and last[:3] + last[4:] == judged.said[:3] + judged.said[4:])


def _objects(line: Line) -> bool:
    """Among answers that contradict one another, an objection stands."""
    return isinstance(line.verdict, Judged) and line.verdict.keputusan_keluarga == OBJECTS


def _disagree(lines: Sequence[Line], rule: str) -> None:
    if len({_said(line) for line in lines}) > 1:
        for line in lines:
            if not _objects(line):
                line.verdict = Fault(rule)
