"""Page: one caseload, or the coordinator's totals, as one HTML file that works offline on a phone 360 points wide.

Jinja2 escapes every value. A content security policy allows no request and no script but our own, named by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pkh_graduation.outputs import words
from pkh_graduation.outputs.charts import caseload_slices, ring, share_bar, stacked, thin
from pkh_graduation.outputs.coordinator import HEADS, SUPPRESSED, Summary
from pkh_graduation.outputs.overview import band_slices
from pkh_graduation.outputs.summary import BANDS
from pkh_graduation.outputs.views import About, Caseload, Family
from pkh_graduation.programme.returns import LAYOUT, LETTERS, OUTCOMES


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pkh_graduation.outputs", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    """A file of our own that is put into the page as it is (style, script): trusted text."""
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].strip()


_INDENT = re.compile(r"\n\s+")
_IDLE = re.compile(r'("[^"]*")|\s*([{};,])\s*|(?<=:)\s+')
"""Spaces of a style sheet that say nothing; what stands in quotes is left alone."""


@cache
def _frame() -> dict[str, Any]:
    """What every page has: style, script, and the policy that names the script by its SHA-256."""
    script = '"use strict";\n' + _INDENT.sub("\n", "\n".join(_asset(name) for name in ("returns.js", "page.js")))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return {
        "style": Markup(_IDLE.sub(r"\1\2", _asset("style.css"))),
        "script": Markup(script),
        "policy": policy,
        "words": words,
    }


@cache
def _asked() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Questions with a choice: heading, column, and (letter of the short text, label) of each answer."""
    return [
        (head, column, [(LETTERS[column][code], label) for code, label in OUTCOMES[column].items()])
        for head, column in LAYOUT.answers.items()
        if column in OUTCOMES
    ]


def _contacts(caseload: Caseload) -> dict[tuple[str, str], int]:
    """Whom to ask and what to check, numbered as they are first met: told once on a page, not on every card."""
    met = dict.fromkeys(act.tanya for family in caseload.daftar for act in family.tindakan if any(act.tanya))
    return {pair: number for number, pair in enumerate(met, start=1)}


def make_page(caseload: Caseload, about: About) -> str:
    """One caseload as HTML: the caseload at a glance, the plan, the list as cards, open cases, lists apart, everyone.

    What is noted on the page stays on the phone; it leaves as the short text of `programme.returns`.
    """
    highest = max((family.p or 0.0 for family in caseload.daftar), default=0.0)
    made = (
        _environment()
        .get_template("list.html.j2")
        .render(
            **_frame(),
            caseload=caseload,
            chart=stacked(caseload_slices(caseload), f"{words.number(len(caseload.semua))} keluarga dampingan"),
            asked=_asked(),
            contacts=_contacts(caseload),
            beside=_beside(caseload),
            everyone=_everyone(caseload),
            work=[words.RHK[band] for band in BANDS if any(f.bulan and f.band == band for f in caseload.daftar)],
            villages=sorted({family.desa for family in caseload.daftar if family.desa}),
            scale=100 / highest if highest else 0.0,
            about=about,
            lang=Markup("") if about.language == "id" else Markup(' lang="{}"').format(about.language),
        )
    )
    return _without_the_unseen(made)


def _without_the_unseen(made: str) -> str:
    """Line breaks between tags and end tags that HTML does without are kilobytes of a cheap phone's data.

    Texts have no bare "<". After each of these end tags comes the next item, or the end of them all.
    """
    for seen, unseen in (("\n\n", "\n"), ("\n\n", "\n"), (">\n<", "><"), *((f"</{tag}><", "<") for tag in _IMPLIED)):
        made = made.replace(seen, unseen)
    return made


_IMPLIED = ("li", "option", "td", "th", "tr")
_VILLAGE = attrgetter("desa")
_PROTECTED = words.BESIDE[0][0]


def _everyone(caseload: Caseload) -> Markup:
    """The table of everyone, desa by desa. Built here, because half of a page is this table: one escape for all its texts."""
    rows = _by_village(caseload.semua)
    texts = iter(_escaped([text for f in rows for text in (f.nama, f.rt_rw, f.keterangan)]))
    made = []
    for village, families in groupby(rows, key=_VILLAGE):
        lines = [_line(next(texts), next(texts), next(texts)) for _ in families]
        head = f'<th scope="rowgroup" colspan="2">{_head(village)}</th>'
        made.append(f"<tbody><tr>{head}</tr>{''.join(lines)}</tbody>")
    return Markup("".join(made))


def _line(name: str, place: str, why: str) -> str:
    return (
        f"<tr><td>{name} <small>{place}</small></td><td>{why}</td></tr>"
        if place
        else f"<tr><td>{name}</td><td>{why}</td></tr>"
    )


def _beside(caseload: Caseload) -> list[tuple[str, str, int, Markup]]:
    """The lists apart that hold anybody: title, note, families, and these desa by desa."""
    found = []
    for name, title, note in words.BESIDE:
        rows = _by_village(caseload.beside(name))
        if rows:
            found.append((title, note, len(rows), _apart(rows, protected=name == _PROTECTED)))
    return found


def _apart(rows: list[Family], *, protected: bool) -> Markup:
    """Families of one list apart: why they are protected, or what ends and what can go on."""
    if protected:
        told = [(f.nama, f.rt_rw, "; ".join(f.dikecualikan), "") for f in rows]
    else:
        told = [(f.nama, f.rt_rw, f.komponen, "; ".join(f.lanjut)) for f in rows]
    texts = iter(_escaped([text for one in told for text in one]))
    made = []
    for village, families in groupby(rows, key=_VILLAGE):
        items = [_item(next(texts), next(texts), next(texts), next(texts)) for _ in families]
        made.append(f"<h3>{_head(village)}</h3><ul>{''.join(items)}</ul>")
    return Markup("".join(made))


def _item(name: str, place: str, why: str, goes_on: str) -> str:
    after = f'<br><span class="soft">Dapat berlanjut: {goes_on}</span>' if goes_on else ""
    return f"<li><b>{name}</b>{', ' if place else ''}{place} <small>{why}</small>{after}</li>"


def _by_village(families: Iterable[Family]) -> list[Family]:
    return sorted(families, key=lambda family: (family.desa.lower(), family.desa))


def _head(village: str) -> Markup:
    return escape(village or "Desa tidak tercatat")


def _escaped(texts: list[str]) -> list[str]:
    """Every text escaped; no text holds the sign between them."""
    between = "\x00"
    return str(escape(between.join(text.replace(between, "") for text in texts))).split(between)


def make_index(summary: Summary, about: About) -> str:
    """A coordinator's page: totals, progress to the target, fairness, exclusions, quarantine; no family."""
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            **_frame(),
            about=about,
            summary=summary,
            bar=share_bar,
            ring=ring,
            thin=thin,
            suppressed=SUPPRESSED,
            chart=_whole(summary),
        )
    )


def _whole(summary: Summary) -> Markup:
    """The bands of all families as one bar, where every count may be told."""
    places = next(table for table in summary.tables if table.total)
    whole = dict(zip(places.columns, places.rows[-1], strict=True))
    told = band_slices(whole, [HEADS[band] for band in BANDS])
    return stacked(told, f"{whole[HEADS['dampingan']]} keluarga dampingan menurut kesiapan")
