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

from pkh_graduation.outputs import words
from pkh_graduation.outputs.totals import EVERYWHERE, Totals
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


def make_index(totals: Totals, about: About, names: Mapping[str, str], kabupaten: str = "") -> str:
    """The coordinator's page: totals per kecamatan and pendamping, why places stayed empty, exclusions; no family.

    ``kabupaten``: which one, of several; then the page lies one folder below the lists.
    """
    people, districts = (table[table["kabupaten"] == kabupaten] for table in (totals.people, totals.districts))
    return _summary(
        "index.html.j2",
        about,
        names,
        place=place_name(kabupaten, names) if totals.several else "",
        root="../" if totals.several else "",
        people=people.to_dict("records"),
        districts=districts.to_dict("records"),
        total=totals.regions.loc[kabupaten].to_dict(),
        excluded=_excluded(totals, kabupaten),
    )


def make_nation(totals: Totals, about: About, names: Mapping[str, str]) -> str:
    """The page above all kabupaten: a row for each, with a link to its own page."""
    people = totals.people.groupby("kabupaten").size()
    regions = [
        {"kode": code, "pendamping": words.number(int(people.get(code, 0))), "file": page_name(code), **row}
        for code, row in totals.regions.to_dict("index").items()
    ]
    return _summary(
        "nation.html.j2",
        about,
        names,
        regions=regions,
        total=totals.nation.iloc[0].to_dict(),
        people=words.number(len(totals.people)),
        excluded=_excluded(totals, EVERYWHERE),
    )


def place_name(code: str, names: Mapping[str, str]) -> str:
    """What people call a kabupaten or kecamatan."""
    return names.get(code, code) or "tidak tercatat"


def page_name(kabupaten: str) -> str:
    """Folder and page of a kabupaten."""
    return safe_name(kabupaten or "tidak-tercatat")


def _summary(template: str, about: About, names: Mapping[str, str], **content: Any) -> str:
    return (
        _environment()
        .get_template(template)
        .render(**_frame(), about=about, name=lambda code: place_name(code, names), **content)
    )


def _excluded(totals: Totals, kabupaten: str) -> list[tuple[str, str]]:
    own = totals.reasons[totals.reasons["kabupaten"] == kabupaten]
    return list(zip(own["sebab"].tolist(), own["keluarga"].tolist(), strict=True))
