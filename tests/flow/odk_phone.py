"""A phone with ODK: a form as it was written, filled in, and the table that a server exports of it."""

import io
from collections.abc import Mapping, Sequence

import pandas as pd
from python_calamine import CalamineWorkbook

Row = dict[str, str]


class Form:
    """Questions and choices of an XLSForm; it takes no answer that the form does not offer."""

    def __init__(self, content: bytes) -> None:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        self.survey, self.choices = (_rows(book, name) for name in ("survey", "choices"))

    def submit(self, sent: str, **answers: str) -> Row:
        """One submission, as a line of the export: a column per question but the notes, then ODK's own."""
        asked = [row for row in self.survey if row["type"] != "note"]
        assert set(answers) <= {row["name"] for row in asked}
        line = {row["name"]: self._answer(row, answers.get(row["name"], "")) for row in asked}
        return {
            "SubmissionDate": sent,
            **line,
            "meta-instanceID": f"uuid:{sent}",
            "KEY": f"uuid:{sent}",
            "FormVersion": "1",
        }

    def _answer(self, question: Row, given: str) -> str:
        if question["type"] == "calculate":
            return question["calculation"].strip("'")
        kind, _, offered = question["type"].partition(" ")
        if given and kind == "select_one":
            assert given in {row["name"] for row in self.choices if row["list_name"] == offered}, (question, given)
        return given


def _rows(book: CalamineWorkbook, name: str) -> list[Row]:
    head, *lines = book.get_sheet_by_name(name).to_python()
    return [dict(zip(head, map(str, line), strict=True)) for line in lines]


def export(lines: Sequence[Mapping[str, str]]) -> bytes:
    """The CSV that ODK Central gives out."""
    return pd.DataFrame(list(lines)).to_csv(index=False).encode()
