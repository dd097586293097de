"""Cards: what a page shows of each listed family, and the visits of the plan; without end tags that HTML can do without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from pkh_graduation.outputs import words
from pkh_graduation.outputs.views import Action, Caseload, Family, Reason
from pkh_graduation.outputs.weaving import Piece, woven

Contacts = Mapping[tuple[str, str], int]
"""Whom to ask and what to check -> its number on the page."""


def cards(caseload: Caseload, contacts: Contacts, language: Markup) -> Markup:
    """A card per listed family, in order; ``language``: attribute of what is said in another language than the page's."""
    highest = max((family.p or 0.0 for family in caseload.daftar), default=0.0)
    scale = 100 / highest if highest else 0.0
    made: list[Piece] = []
    for family in caseload.daftar:
        made += _who(family)
        made += _chance(family, scale)
        made += _why(family, language)
        made += _do(family, contacts, language)
        made += _check(family)
        made += _end(family)
    return woven(made)


def visits(plan: Iterable[Sequence[Family]]) -> Markup:
    """The plan month by month."""
    made: list[Piece] = []
    for number, month in enumerate(plan, 1):
        made.append((f"<h2>Bulan ke-{number}: {len(month)} kunjungan</h2><ol>", ""))
        for family in month:
            work = words.RHK[family.band].partition(" · ")[0]
            made += [("<li><b>", family.nama), ("</b>, ", family.letak), (" <small>", f"No {family.urutan} · {work}")]
            made.append(("</small>", ""))
        made.append(("</ol>", ""))
    return woven(made)


def _who(family: Family) -> Iterable[Piece]:
    yield '<article data-desa="', family.desa
    yield '" data-baris="', family.baris
    yield (
        f'" data-bulan="{family.bulan or ""}"><div class="who"><div class="place"><span class="hide">Urutan </span>',
        "",
    )
    yield f"{family.urutan}</div><div><h2>", family.nama
    yield "</h2><p>", f"{family.letak} · {family.tempat}" if family.tempat else family.letak
    yield '</p></div></div><ul class="chips"><li>', family.kesiapan
    if family.undian:
        yield '<li class="other">dipilih lewat undian', ""
    if family.bulan:
        yield f'<li class="other">bulan ke-{family.bulan}, kunjungan {family.ke}', ""
    yield "</ul>", ""


def _chance(family: Family, scale: float) -> Iterable[Piece]:
    if family.p is None:
        return
    yield '<p class="chance"><b>Peluang ', family.persen
    if family.rentang:
        yield "</b> <small>(rentang ", family.rentang
        yield ")</small>", ""
    else:
        yield "</b>", ""
    yield f'</p><div class="bar"><i style="width:{family.p * scale:.1f}%"></i></div><p class="soft">', ""
    yield "", family.peluang.capitalize()
    yield " keluarga serupa graduasi mandiri dalam 12 bulan.</p>", ""


def _why(family: Family, language: Markup) -> Iterable[Piece]:
    if not (family.alasan or family.penahan):
        return
    yield f'<section class="why"><h3>{words.SUPPORTING}</h3>', ""
    if family.alasan:
        yield from _reasons(family.alasan, "for", language)
    if family.penahan:
        yield f"<h4>{words.HOLDING}</h4>", ""
        yield from _reasons(family.penahan, "holding", language)
    yield "</section>", ""


def _reasons(reasons: Sequence[Reason], kind: str, language: Markup) -> Iterable[Piece]:
    yield f'<ul class="reasons {kind}"{language}>', ""
    for reason in reasons:
        yield "<li>", reason.kalimat
        if reason.data:
            yield " <small>", reason.data
            yield "</small>", ""
    yield "</ul>", ""


def _do(family: Family, contacts: Contacts, language: Markup) -> Iterable[Piece]:
    yield f'<section class="do"><h3>{words.DOING}</h3>', ""
    if family.tindakan:
        yield f"<ul{language}>", ""
        for act in family.tindakan:
            yield from _act(act, contacts)
        yield "</ul>", ""
    else:
        yield f"<p>{words.NOTHING_PROVEN}</p>", ""
    if family.rujukan:
        yield f"<p><b>{words.REFERRED}:</b> ", "; ".join(family.rujukan)
        yield "</p>", ""
    yield "</section>", ""


def _act(act: Action, contacts: Contacts) -> Iterable[Piece]:
    yield "<li>", act.kalimat
    # A pattern's own sentence says that it is no more than one.
    if act.bukti and act.bukti != words.GRADE["E0"]:
        yield " <small>", act.bukti
        yield ".</small>", ""
    if number := contacts.get(act.tanya):
        yield f' <a href="#h{number}">{words.ASKING}: {number}</a>', ""


def _check(family: Family) -> Iterable[Piece]:
    if not (family.peringatan or family.cek):
        return
    yield '<section class="check">', ""
    for head, lines in (("Peringatan", family.peringatan), ("Cek saat kunjungan", family.cek)):
        if not lines:
            continue
        yield f"<h3>{head}</h3><ul>", ""
        for line in lines:
            yield "<li>", line
        yield "</ul>", ""
    yield "</section>", ""


def _end(family: Family) -> Iterable[Piece]:
    told = [
        f"{head}: {text}"
        for head, text in (("Komponen", family.komponen), ("Terakhir dikunjungi", family.kunjungan))
        if text
    ]
    if told:
        yield '<p class="end soft">', " · ".join(told)
        yield "</p></article>", ""
    else:
        yield "</article>", ""
