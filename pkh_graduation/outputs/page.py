"""Page: one caseload, or the coordinator's totals, as one HTML file that works offline on a phone 360 points wide.

Jinja2 escapes every value of the frame, `weaving` every text of families. A content security policy allows no request, and no
script but our own, named by its hash.
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
from markupsafe import Markup

from pkh_graduation.outputs import words
from pkh_graduation.outputs.cards import cards, visits
from pkh_graduation.outputs.charts import caseload_slices, ring, share_bar, stacked, thin
from pkh_graduation.outputs.coordinator import HEADS, SUPPRESSED, Summary
from pkh_graduation.outputs.overview import band_slices
from pkh_graduation.outputs.summary import BANDS
from pkh_graduation.outputs.views import About, Caseload, Family
from pkh_graduation.outputs.weaving import Piece, woven
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
    contacts, plan = _contacts(caseload), caseload.rencana
    lang = Markup("") if about.language == "id" else Markup(' lang="{}"').format(about.language)
    blocks = {"kartu": cards(caseload, contacts, lang), "rencana": visits(plan), "semua": _everyone(caseload)}
    frame = (
        _environment()
        .get_template("list.html.j2")
        .render(
            **_frame(),
            caseload=caseload,
            plan=[len(month) for month in plan],
            chart=stacked(caseload_slices(caseload), f"{words.number(len(caseload.semua))} keluarga dampingan"),
            asked=_asked(),
            contacts=contacts,
            beside=_beside(caseload),
            blocks={name: Markup(_STAND_IN.format(name)) for name in blocks},
            work=[words.RHK[band] for band in BANDS if any(f.bulan and f.band == band for f in caseload.daftar)],
            villages=sorted({family.desa for family in caseload.daftar if family.desa}),
            chances=any(family.p for family in caseload.daftar),
            about=about,
            lang=lang,
        )
    )
    page = _without_the_unseen(frame)
    for name, block in blocks.items():
        page = page.replace(_STAND_IN.format(name), block)
    return page


_STAND_IN = "<!--{}-->"
"""Where a block of the page will stand. Texts are escaped, so none holds one."""


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
    """The table of everyone, desa by desa: half of a page."""
    made: list[Piece] = []
    for village, families in groupby(_by_village(caseload.semua), key=_VILLAGE):
        made.append(('<tbody><tr><th scope="rowgroup" colspan="2">', _head(village)))
        for family in families:
            made.append(("<tr><td>", family.nama))
            if family.rt_rw:
                made += [(" <small>", family.rt_rw), ("</small><td>", family.keterangan)]
            else:
                made.append(("<td>", family.keterangan))
        made.append(("</tbody>", ""))
    return woven(made)


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
    made: list[Piece] = []
    for village, families in groupby(rows, key=_VILLAGE):
        made.append(("<h3>", _head(village)))
        made.append(("</h3><ul>", ""))
        for family in families:
            made += [("<li><b>", family.nama), ("</b>, " if family.rt_rw else "</b>", family.rt_rw)]
            made.append((" <small>", "; ".join(family.dikecualikan) if protected else family.komponen))
            goes_on = "" if protected else "; ".join(family.lanjut)
            made.append(("</small>", ""))
            if goes_on:
                made += [('<br><span class="soft">Dapat berlanjut: ', goes_on), ("</span>", "")]
        made.append(("</ul>", ""))
    return woven(made)


def _by_village(families: Iterable[Family]) -> list[Family]:
    return sorted(families, key=lambda family: (family.desa.lower(), family.desa))


def _head(village: str) -> str:
    return village or "Desa tidak tercatat"


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
