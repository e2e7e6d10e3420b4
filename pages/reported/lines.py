"""Reported values as lines of the screen: HTML of statements, lists, words and forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from metrics.core.figure import UNIT_WORDS, Unit
from metrics.core.printed import DECIMALS
from metrics.core.report_forms import form_on
from metrics.core.vietnamese import UNKNOWN, as_told, number, percent
from metrics.core.vietnamese import told_number as count
from metrics.dossiers.comparison import with_baseline
from metrics.dossiers.units import READINGS, report_reading
from metrics.registers.shared import COVERAGE_WORDS
from metrics.reported.review import is_untold, pieces
from metrics.reported.statements import CHECKS, Statement, form_check, known_on, period_words
from ui.kit.marks import BAD, GOING, GOOD, NONE, WARN, Html
from ui.shell.text import safe

Names = Callable[[int], str]
"""Unit → its name."""

_MARKS: Final = {
    "adds_up": GOOD,
    "rest": WARN,
    "off": BAD,
    "rate_off": BAD,
    "unchecked": GOING,
}


def shown(one: Statement) -> str:
    """The number of a statement with its unit: "7.211 văn bản", "87,11%", "8/8"."""
    if one.indicator.kind == "rate":
        row = one.first
        sides = ""
        if row["numerator"] is not None and row["denominator"] is not None:
            sides = f" ({count(row['numerator'])}/{count(row['denominator'])})"
        rate = percent(one.rate) if row["value"] is None else as_told(row["value"])
        return f"{rate}{sides}" if one.rate is not None else UNKNOWN
    if one.indicator.kind == "mean" and one.rate is not None:
        row = one.first
        mean = number(one.rate, DECIMALS["mean"]) if row["value"] is None else count(one.rate)
        return f"{mean} ({count(row['numerator'])}/{count(row['denominator'])})"
    if one.value is None:
        return UNKNOWN
    unit = word(one)
    return f"{count(one.value)}{'' if unit == '%' else ' '}{unit}"


def word(one: Statement) -> str:
    """What a statement counts."""
    unit: Unit = one.indicator.unit  # type: ignore[assignment]
    return UNIT_WORDS.get(unit, "")


def line(names: Names, one: Statement, name: Html) -> str:
    """A statement: what and whose, its number, its parts and their sum, when and by whom told.

    ``name``: what it is called, as a link to it.
    """
    told = f"<b>{safe(shown(one))}</b>"
    if one.value is None and one.indicator.parts == "apart":
        told = ""
    elif one.is_summed:
        told += '<br><span class="dh-muted">cộng các phần</span>'
    elif is_untold(one):
        told = '<span class="dh-muted">chưa có số</span>'
    return (
        f'<div class="dh-reported"><div>{name}<br>'
        f'<span class="dh-muted">{safe(names(one.unit_id))}</span></div>'
        f'<div class="dh-reported-value">{told}</div>'
        f"<div>{_parts(one)}{_sum(one)}{_baseline(one)}{_told(one)}</div></div>"
    )


def _parts(one: Statement) -> str:
    """The parts: a bar out of the whole where they are of it, else a list of numbers."""
    if not one.parts:
        return ""
    say = as_told if one.indicator.kind == "rate" else count
    labels = [f"{safe(part['part'])}: <b>{say(part['value'])}</b>" for part in one.parts]
    if one.check == "rest":
        labels.append(f'<span class="dh-warn">{safe(one.indicator.rest)}: {count(one.rest)}</span>')
    bar = ""
    if found := pieces(one):
        rest = one.check == "rest"
        inside = "".join(
            f'<i class="dh-piece dh-piece-{place % 4}'
            f'{" dh-rest" if rest and place == len(one.parts) else ""}" '
            f'title="{safe(name)}: {count(value)}" style="width:{share:.2f}%"></i>'
            for place, (name, value, share) in enumerate(found)
        )
        alt = f"{one.indicator.name}: {one.arithmetic}"
        bar = f'<div class="dh-pieces" role="img" aria-label="{safe(alt)}">{inside}</div>'
    return f'{bar}<div class="dh-parts">{" · ".join(labels)}</div>'


def _sum(one: Statement) -> str:
    if one.check is None:
        return ""
    mark = _MARKS[one.check]
    text = f"{one.arithmetic} – {CHECKS[one.check]}" if one.arithmetic else CHECKS[one.check]
    if one.is_summed:
        mark, text = NONE, f"{one.arithmetic} (báo cáo không nêu tổng)"
    return f"<div>{mark.html(text)}</div>"


def _baseline(one: Statement) -> str:
    year = one.indicator.baseline_year
    if year is None:
        return ""
    base, change = one.baseline, one.against_baseline
    if base is None:
        return f'<div class="dh-muted">○ chưa có số của năm gốc {year} để so</div>'
    if change is None:
        return f'<div class="dh-muted">số của chính năm gốc {year}</div>'
    against = with_baseline(year, known_on(base), known_on(one.first) or known_on(base))
    if against.reason:
        words = against.none(one.value, base["value"])
        return f'<div class="dh-muted">{safe(words)}</div>'
    if not change:
        return f'<div class="dh-muted">không đổi so với {safe(against.label)}</div>'
    good = (change <= 0) == (one.indicator.better == "down")
    verb = "giảm" if change < 0 else "tăng"
    words = f"{verb} {percent(abs(change))} so với {count(base['value'])} của {against.label}"
    return f"<div>{(GOOD if good else WARN).html(words)}</div>"


def _told(one: Statement) -> str:
    row = one.first
    old = f" · {number(len(one.earlier))} số trước đó" if one.earlier else ""
    text = f"{safe(row['text'])}<br>" if row["text"] and one.indicator.kind != "text" else ""
    return (
        f'<div class="dh-muted">{text}{period_words(row)}{old} · nguồn: {safe(row["source"])}</div>'
    )


def listed(names: Names, among: list[Statement]) -> str:
    """Units that a plan names, counted by what it calls them."""
    found = ""
    for name in dict.fromkeys(one.indicator.name for one in among):
        mine = [one for one in among if one.indicator.name == name]
        kinds = Counter(one.first["text"] or "khác" for one in mine)
        said = " · ".join(f"{safe(kind)}: <b>{number(count)}</b>" for kind, count in kinds.items())
        named = ", ".join(safe(names(one.unit_id)) for one in mine)
        found += (
            f'<div class="dh-reported"><div><b>{safe(name)}</b></div>'
            f'<div class="dh-reported-value"><b>{number(len(mine))} đơn vị</b></div><div>'
            f'<div class="dh-parts">{said}</div><details class="dh-details">'
            f"<summary>Xem tên</summary>{named}</details>"
            f'<div class="dh-muted">{_when(mine[0].first)}</div></div></div>'
        )
    return found


def texts(names: Names, among: list[Statement]) -> str:
    """What was said without a number, word for word."""
    rows = [
        (one, row) for one in among for row in (*([one.whole] if one.whole else []), *one.parts)
    ]
    if not rows:
        return ""
    lines = "".join(
        f'<div class="dh-reported dh-said"><div><b>{safe(row["part"] or one.indicator.name)}</b>'
        f'<br><span class="dh-muted">{safe(names(one.unit_id))}</span></div>'
        f"<div>{_quoted(row)}{safe(row['text'] or '')}"
        f'<div class="dh-muted">{_when(row)}</div></div></div>'
        for one, row in rows
    )
    return (
        f'<details class="dh-details"><summary>{number(len(rows))} nội dung không quy ra số'
        f"</summary>{lines}</details>"
    )


def _quoted(row: Mapping[str, Any]) -> str:
    return f"“{safe(row['wording'])}”<br>" if row["wording"] else ""


def _when(row: Mapping[str, Any]) -> str:
    return f"{period_words(row)} · nguồn: {safe(row['source'])}"


def _form(row: Mapping[str, Any]) -> str:
    """What the line's form is called for its period; a form of one's own under its own name."""
    try:
        return safe(form_on(row["form"], row["period_to"]).name)
    except KeyError:
        return safe(row["form"])


def form_line(names: Names, row: Mapping[str, Any], fields: Mapping[int, str]) -> str:
    """A line of form II.06a: what it counts, whether its sums hold, what its rate can mean."""
    state, sums = form_check(row)
    says = _MARKS[state].html(CHECKS[state] + (f": {sums}" if sums else ""))
    rate = row["reported_rate"]
    printed = f"tỷ lệ in {as_told(rate / 100)}: {READINGS[report_reading(row)]}" if rate else ""
    field = fields.get(row["field_id"], "") if row["field_id"] else ""
    coverage = COVERAGE_WORDS.get(row["coverage"], "")
    form = f"{_form(row)}<br>" if row["period_to"] else ""
    quote = f"“{safe(row['wording'])}”<br>" if row["wording"] else ""
    return (
        f'<div class="dh-reported"><div><b>{safe(names(row["unit_id"]))}</b><br>'
        f'<span class="dh-muted">{coverage} {safe(field)}</span></div>'
        f'<div class="dh-reported-value"><b>{number(row["c7"])}</b> hồ sơ<br>'
        f'<span class="dh-muted">đã giải quyết</span></div><div>{quote}'
        f'<div class="dh-muted">{form}</div><div>{says}</div>'
        f"<div>{safe(printed)}</div>"
        f'<div class="dh-muted">{_when(row)}</div></div></div>'
    )
