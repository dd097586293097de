"""The model card: for people who decide whether a model may be used (fields after Mitchell et al. 2019).

Made from a bundle's card, the figures of its backtest, and any tables handed in; in Bahasa Indonesia and English, as HTML,
Markdown and JSON. The first page is for a head of office: what for and not for, how good against today's practice, who may be
hurt and what guards them, data and dates. The rest is for those who check. What is missing is said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.evaluation import model_card_figures as of_backtest
from pkh_graduation.evaluation.leak_questions import LEAK_TESTS
from pkh_graduation.evaluation.model_card_figures import Figures, Table
from pkh_graduation.evaluation.model_card_words import LANGUAGES, NOTHING, Words, read_words, template
from pkh_graduation.evaluation.wording import SMALL

FORMAT = 1
EXPECTED = ("fairness", "holdouts", "capacity", "stability")
"""Tables that a complete card has beside those of the backtest; each is said to be missing where it was not handed in."""
_SHOWN = {
    "holdouts": (
        "holdout", "families", "n_positive", "precision", "low", "high", "rule_precision", "ratio", "ratio_low", "ratio_high",
    ),
    "capacity": (
        "contender", "share", "places", "found", "precision", "recall", "harm_per_100_places", "visits_per_pendamping",
    ),
    "stability": ("contender", "origin", "next_origin", "families", "jaccard"),
}  # fmt: skip
"""Columns of the tables in `metrics.json` that the card shows."""
_OF_GRADUATIONS = ("precision", "low", "high", "rule_precision", "ratio", "ratio_low", "ratio_high")
_PER_HUNDRED = ("precision", "low", "high", "rule_precision", "share", "recall", "jaccard")
_OF_BACKTEST = (of_backtest.contenders, of_backtest.origins, of_backtest.calibration)
_DIGESTS = ("data_digest", "records_digest", "features_version", "recipe_digest", "program")


@dataclass(frozen=True)
class CardTable:
    """A table handed in: one of `EXPECTED` or any other key, its frame (cells as people may see them), title and note.

    ``title`` and ``note`` may be one text or a text per language; without a title, that of the key.
    """

    key: str
    frame: pd.DataFrame
    title: str | Mapping[str, str] = ""
    note: str | Mapping[str, str] = ""


def model_card(
    card: Mapping[str, Any],
    metrics: Mapping[str, Any] | None,
    *,
    name: str | None = None,
    tables: Sequence[CardTable] = (),
    language: str = "id",
) -> dict[str, Any]:
    """Content of the card in one language: texts and tables, JSON-ready.

    Args:
        card: a bundle's card; for a backtest without a bundle the same facts. Known: ``sintetis, as_of, label, recipe,
            features, dictionary, data`` (sizes), digests, versions, ``notes``. What is absent is shown as a dash.
        metrics: `BacktestReport.to_dict` of the same recipe on the same records; None if there is none.
        name: of the bundle; None for a backtest alone.
        tables: shown as they are; cells of fewer than five families must be suppressed by whoever makes them.
        language: ``"id"`` or ``"en"``.

    Raises:
        ValueError: another language.
    """
    words = read_words(language)
    figures = None if metrics is None else Figures(metrics)
    handed = {table.key: _handed(table, words) for table in tables}
    shown = [] if figures is None else [make(figures, words) for make in _OF_BACKTEST]
    shown += [*handed.values(), *_inputs(card, words)]
    missing = ([] if figures else ["metrics"]) + [key for key in EXPECTED if key not in handed]
    known_by = words.date(card.get("label", {}).get("known_by", card.get("as_of")))
    months = 3 * int(card.get("label", {}).get("horizon", metrics["horizon"] if metrics else 4))
    subtitle = "subtitle" if name else "subtitle_without_model"
    return {
        "format": FORMAT,
        "language": language,
        "title": words.label("title"),
        "kicker": words.label("kicker"),
        "subtitle": words.label(subtitle, bundle=name, known_by=known_by, months=months),
        "banner": words.label("made_up") if card.get("sintetis") else "",
        "good": of_backtest.answer(figures, words) if figures else [words.say("good", "absent")],
        "use": list(words.data["use"]["for"]),
        "not_for": list(words.data["use"]["not_for"]),
        "harms": [[one["who"], one["guard"]] for one in words.data["harms"]],
        "data": _data(card, words, name),
        "limits": list(words.data["limits"]["items"]),
        "tables": [table.plain() for table in shown],
        "leaks": [
            {"question": one["question"], "answer": one["answer"], "tests": list(LEAK_TESTS[one["key"]])}
            for one in words.data["leaks"]
        ],
        "missing": [words.say("missing", key) for key in missing],
        "technical": _technical(card, words),
        "labels": dict(words.data["label"]),
    }


def render_html(content: Mapping[str, Any]) -> str:
    """The card as one HTML page that opens offline and prints its first page on A4; equal content, equal bytes."""
    return _render("model_card.html.j2", content, autoescape=True)


def render_markdown(content: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    return _render("model_card.md.j2", content, autoescape=False)


def card_documents(
    card: Mapping[str, Any],
    metrics: Mapping[str, Any] | None,
    *,
    name: str | None = None,
    tables: Sequence[CardTable] = (),
) -> dict[str, str]:
    """Every form of the card: file name -> text (``model_card.id.html``, ``.md``, the same in ``en``, ``model_card.json``)."""
    contents = {
        language: model_card(card, metrics, name=name, tables=tables, language=language) for language in LANGUAGES
    }
    found = {}
    for language, content in contents.items():
        found[f"model_card.{language}.html"] = render_html(content)
        found[f"model_card.{language}.md"] = render_markdown(content)
    found["model_card.json"] = (
        json.dumps(contents, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    )
    return found


def tables_in(metrics: Mapping[str, Any] | None) -> list[CardTable]:
    """Tables that a backtest's figures already hold: hold-outs, lengths of the list, its steadiness; and fairness, if there.

    Only the columns that a head of office reads are kept (`_SHOWN`); shares become families per hundred. Where fewer than
    five graduations stand behind a line, its figures are left out.
    """
    told = dict(metrics or {})
    life = told.get("list_life") or {}
    told |= {"capacity": life.get("plan"), "stability": life.get("tahap")}
    found = []
    for key in EXPECTED:
        rows = told.get(key)
        if isinstance(rows, list) and rows:
            found.append(CardTable(key, _readable(pd.DataFrame(rows), key)))
    return found


def _readable(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Columns for people, in their units."""
    rows = rows[[name for name in _SHOWN.get(key, rows.columns) if name in rows.columns]].copy()
    if "n_positive" in rows:
        few = rows["n_positive"] < SMALL
        rows.loc[few, [name for name in _OF_GRADUATIONS if name in rows.columns]] = np.nan
        rows = rows.drop(columns="n_positive")
    for name in _PER_HUNDRED:
        if name in rows:
            rows[name] = (100 * rows[name].astype(float)).round(1)
    return rows


def _render(name: str, content: Mapping[str, Any], *, autoescape: bool) -> str:
    import jinja2

    environment = jinja2.Environment(
        autoescape=autoescape,
        finalize=_with_code if autoescape else None,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    return environment.from_string(template(name)).render(**content)


def _with_code(value: Any) -> Any:
    """A text of the page with the parts that Markdown would set as code set so; everything else as it is."""
    from markupsafe import Markup, escape

    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(value))))


def _markdown_cell(text: str) -> str:
    """A text that cannot break a Markdown table or start a tag."""
    return str(text).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _handed(table: CardTable, words: Words) -> Table:
    title = _in_language(table.title, words) or words.data["tables"].get(table.key, table.key)
    return of_backtest.of_frame(table.key, title, table.frame, _in_language(table.note, words), words)


def _in_language(text: str | Mapping[str, str], words: Words) -> str:
    return text if isinstance(text, str) else text.get(words.language, "")


def _inputs(card: Mapping[str, Any], words: Words) -> list[Table]:
    """Inputs of the model by theme, with the first few in words."""
    dictionary = card.get("dictionary")
    if not dictionary:
        return []
    meaning = f"meaning_{words.language}"
    themes: dict[str, list[str]] = {}
    for line in dictionary.values():
        themes.setdefault(str(line["theme"]), []).append(str(line[meaning]))
    rows = [
        [words.data["themes"].get(theme, theme), words.number(len(found)), "; ".join(sorted(found)[:3])]
        for theme, found in sorted(themes.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    heads = [words.label(key) for key in ("theme", "features", "examples")]
    return [Table("inputs", words.say("tables", "inputs"), heads, rows)]


def _data(card: Mapping[str, Any], words: Words, name: str | None) -> list[list[str]]:
    """Facts about the data that a head of office asks for."""
    data, label = card.get("data", {}), card.get("label", {})
    dates = [words.date(data[key]) for key in ("first_date", "last_date") if data.get(key)]
    exits = data.get("exits_mandiri")
    facts = {
        "name": name,
        "as_of": words.date(card.get("as_of")),
        "known_by": words.date(label.get("known_by")),
        "dates": " – ".join(dates),
        "families": data.get("families"),
        "pendamping": data.get("pendamping"),
        "exits_mandiri": words.label("too_few") if exits is not None and exits < SMALL else exits,
        "lag_days": label.get("lag_days"),
    }
    return _pairs(facts, words)


def _technical(card: Mapping[str, Any], words: Words) -> list[list[str]]:
    """Facts for those who check."""
    label = card.get("label", {})
    versions = {key: card[key] for key in ("pkh_graduation", "sklearn") if key in card}
    facts = {
        "rows": card.get("data", {}).get("rows"),
        "n_features": len(card["features"]) if "features" in card else None,
        "horizon": label.get("horizon"),
        "definition": label.get("definition", label.get("cause")),
        "explained": card.get("explained"),
        "recipe": card.get("recipe"),
        **{key: card.get(key) for key in _DIGESTS},
        "versions": versions or None,
        "notes": card.get("notes") or None,
    }
    return _pairs(facts, words)


def _pairs(facts: Mapping[str, Any], words: Words) -> list[list[str]]:
    return [
        [words.say("facts", key), words.plain(value) or NOTHING]
        for key, value in facts.items()
        if value not in (None, "")
    ]
