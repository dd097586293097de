"""Page: one caseload, or the coordinator's totals, as one HTML file that works offline on a phone 360 points wide.

Jinja2 escapes every value. A content security policy allows no request and no script but our own, named by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pkh_graduation.contracts import PriorityLists
from pkh_graduation.outputs import summary, words
from pkh_graduation.outputs.views import About, Caseload, safe_name


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


@cache
def _frame() -> dict[str, Any]:
    """What every page has: style, script, and the policy that names the script by its SHA-256."""
    script = _asset("search.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return {"style": Markup(_asset("style.css")), "script": Markup(script), "policy": policy, "words": words}


def make_page(caseload: Caseload, about: About) -> str:
    """One caseload as HTML: the list as cards, open cases, everyone in a folded table."""
    highest = max((family.p or 0.0 for family in caseload.daftar), default=0.0)
    return (
        _environment()
        .get_template("list.html.j2")
        .render(
            **_frame(),
            caseload=caseload,
            villages=sorted({family.desa for family in caseload.daftar if family.desa}),
            scale=100 / highest if highest else 0.0,
            about=about,
        )
    )


def make_index(lists: PriorityLists, about: About, names: Mapping[str, str]) -> str:
    """The coordinator's page: totals per kecamatan and pendamping, why places stayed empty, exclusions; no family."""
    people, districts = summary.per_pendamping(lists), summary.per_kecamatan(lists)
    totals = districts[summary.COUNTS].sum().to_frame().T
    excluded = [
        (reason, f"<{summary.SMALL}" if count < summary.SMALL else words.number(count))
        for reason, count in summary.exclusions(lists).items()
    ]
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            **_frame(),
            people=_rows(people, summary.suppress(people, people["kecamatan"]), ["kecamatan", "kuota", "sebab"]),
            districts=_rows(districts, summary.suppress(districts, districts["dampingan"] * 0), []),
            name=lambda code: names.get(code, code),
            file=safe_name,
            totals=_rows(totals, summary.suppress(totals, totals["dampingan"]), [])[0],
            kuota=words.number(int(people["kuota"].sum())),
            excluded=excluded,
            about=about,
        )
    )


def _rows(counts: Any, texts: Any, extra: list[str]) -> list[dict[str, Any]]:
    """Rows of a totals table: its name, hidden-proof texts, and the columns that count no families."""
    said = texts.join(counts[extra]) if extra else texts
    return [{"nama": str(name), **row} for name, row in zip(said.index, said.to_dict("records"), strict=True)]
