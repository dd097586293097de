"""Charts of the report as inline SVG: the same bytes each time, text as text, colours left to the page.

Charts are drawn in placeholder colours, which become the page's own (CSS variables), so that they follow light and dark
mode and print. Everything that points outside (namespaces, metadata, fonts) is taken out.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.wording import number

INK, MUTED, LINE, OTHER = "#111111", "#777777", "#cccccc", "#999999"
MODEL, RULE, PAPER = "#0000aa", "#aa5500", "#fefefe"
_VARIABLES = {
    INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)", OTHER: "var(--other)",
    MODEL: "var(--model)", RULE: "var(--rule)", PAPER: "var(--paper)",
}  # fmt: skip
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "text.parse_math": False, "font.size": 10, "font.family": "DejaVu Sans",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": LINE, "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8, "text.color": INK, "xtick.color": LINE, "ytick.color": LINE,
    "xtick.labelcolor": MUTED, "ytick.labelcolor": MUTED, "xtick.major.size": 3, "ytick.major.size": 0,
    "grid.color": LINE, "grid.linewidth": 0.5, "figure.facecolor": "none", "axes.facecolor": "none",
}  # fmt: skip
WIDTH = 4.8
"""Inches: about the width of a phone at the chart's own type size."""


@dataclass(frozen=True)
class Difference:
    """One line of the forest plot, in points per hundred: value, interval by families, interval by pendamping."""

    name: str
    is_model: bool
    last: Sequence[float]
    pooled: Sequence[float] | None


def paired_chart(lines: Sequence[Difference], *, rule: str) -> str:
    """Differences in precision to the best rule; filled the last origin, hollow all origins together."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas(1.1 + 0.46 * len(lines))
        axes.axvline(0, color=RULE, linewidth=1.2)
        for place, line in enumerate(lines):
            colour = MODEL if line.is_model else MUTED
            _estimate(axes, place - 0.12, line.last, colour, filled=True)
            if line.pooled is not None:
                _estimate(axes, place + 0.18, line.pooled, colour, filled=False)
        axes.set_yticks(range(len(lines)), [line.name for line in lines], color=INK)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(f"keluarga per 100 pada daftar,\ndibanding {rule}")
        _comma(axes.xaxis, signed=True)
        return _svg(figure, "selisih", f"Selisih ketepatan daftar tiap cara terhadap {rule}, dengan selang 95 %.")


def reliability_chart(table: pd.DataFrame, *, name: str) -> str:
    """Observed against predicted share, with Wilson intervals, and the line of perfect calibration."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas(3.7)
        x, y = 100 * table["predicted"].to_numpy(), 100 * table["observed"].to_numpy()
        low, high = 100 * table["low"].to_numpy(), 100 * table["high"].to_numpy()
        top = max(float(np.max(high, initial=1.0)), float(np.max(x, initial=1.0))) * 1.05
        axes.plot([0, top], [0, top], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.vlines(x, low, high, color=MODEL, linewidth=1.4, alpha=0.45)
        axes.plot(x, y, "o", color=MODEL, markersize=5, markeredgecolor=PAPER, markeredgewidth=0.8)
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        axes.grid()
        axes.set_axisbelow(True)
        axes.set_xlabel("peluang yang diramalkan (%)")
        axes.set_ylabel("bagian yang teramati (%)")
        _comma(axes.xaxis)
        _comma(axes.yaxis)
        return _svg(
            figure, "keandalan", f"Peluang ramalan {name} terhadap bagian yang teramati, per kelompok sama besar."
        )


def capture_chart(curves: Mapping[str, Sequence[float]], shares: Sequence[float], *, model: str, rule: str | None,
                  names: Mapping[str, str], capacity: float) -> str:  # fmt: skip
    """Part of all graduates that is on the list, by the list's length; chance is the straight line."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas(3.7)
        x = 100 * np.asarray(shares)
        axes.plot(x, x, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.axvline(100 * capacity, color=LINE, linewidth=1)
        for name, curve in curves.items():
            colour, width, style = _curve_style(name, model, rule)
            axes.plot(x, 100 * np.asarray(curve), color=colour, linewidth=width, linestyle=style)
        _key(axes, curves, names, model, rule)
        axes.set_xlim(0, x[-1])
        axes.set_ylim(0, 100)
        axes.grid()
        axes.set_axisbelow(True)
        axes.set_xlabel("panjang daftar (% binaan tiap pendamping)")
        axes.set_ylabel("tertangkap (% graduasi mandiri)")
        _comma(axes.xaxis)
        return _svg(figure, "tangkap", "Bagian graduasi mandiri yang tertangkap menurut panjang daftar.")


def _canvas(height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _estimate(axes: Any, place: float, estimate: Sequence[float], colour: str, *, filled: bool) -> None:
    value, low, high, low_worker, high_worker = estimate
    if np.isfinite(low_worker):
        axes.plot([low_worker, high_worker], [place, place], "|-", color=colour, linewidth=0.9, markersize=5)
    if np.isfinite(low):
        axes.hlines(place, low, high, color=colour, linewidth=3, alpha=0.5)
    axes.plot(
        [value], [place], "o", color=colour, markersize=5.5, markerfacecolor=colour if filled else PAPER,
        markeredgewidth=1.3,
    )  # fmt: skip


def _curve_style(name: str, model: str, rule: str | None) -> tuple[str, float, Any]:
    if name == model:
        return MODEL, 2.0, "-"
    if name == rule:
        return RULE, 1.8, (0, (5, 2))
    return OTHER, 1.1, "-"


def _key(
    axes: Any, curves: Mapping[str, Sequence[float]], names: Mapping[str, str], model: str, rule: str | None
) -> None:
    """Model, best rule, all others as one, chance: the lines that can be told apart."""
    from matplotlib.lines import Line2D

    shown = {name: names[name] for name in (model, rule) if name is not None and name in curves}
    if len(curves) > len(shown):
        shown[""] = "cara lain"
    lines = []
    for name, label in shown.items():
        colour, width, style = _curve_style(name, model, rule)
        lines.append(Line2D([], [], color=colour, linewidth=width, linestyle=style, label=label))
    lines.append(Line2D([], [], color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)), label="diundi"))
    axes.legend(handles=lines, loc="best", frameon=False, fontsize=9, labelcolor=INK, handlelength=2.4)


def _comma(axis: Any, *, signed: bool = False) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, _digits(value), signed=signed)))


def _digits(value: float) -> int:
    return 0 if abs(value - round(value)) < 1e-9 else (1 if abs(10 * value - round(10 * value)) < 1e-6 else 2)


def _svg(figure: Any, name: str, label: str) -> str:
    """Serialise: fixed salt, no date, no metadata; ids of its own; colours and fonts of the page."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": f"pkh-graduation-{name}"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    body = text[text.index("<svg") :]
    box = re.search(r'viewBox="([^"]+)"', body)
    inner = body[body.index(">") + 1 :]
    inner = re.sub(r"<metadata>.*?</metadata>", "", inner, flags=re.DOTALL)
    inner = re.sub(r"<style[^>]*>.*?</style>", "", inner, flags=re.DOTALL)
    inner = re.sub(r"<!--.*?-->", "", inner, flags=re.DOTALL)
    inner = re.sub(r'\bid="', f'id="{name}-', inner)
    inner = re.sub(r"url\(#", f"url(#{name}-", inner)
    inner = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', inner)
    inner = re.sub(r"font-family: [^;\"]*", "font-family: var(--sans)", inner)
    for placeholder, variable in _VARIABLES.items():
        inner = inner.replace(placeholder, variable)
    start = f'<svg viewBox="{box[1] if box else ""}" role="img" aria-label="{html.escape(label, quote=True)}">'
    return start + inner.strip()
