"""``python -m metrics``: the figures on the command line.

The one place under metrics/ that opens the facts (through connectors) and prints.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NoReturn

import click
import polars as pl

from connectors.cells import safe_cell
from connectors.console import Program, tells_version
from connectors.engine import Facts, NothingKnown, Scope, SnapshotMissing, descendants, open_facts
from connectors.intake.words import fold, nearest
from connectors.read import officer_codes
from connectors.settings import SettingsError, load_settings
from metrics.core import names
from metrics.core.ask import Ask, default_moment, last_known, source_ends
from metrics.core.figure import Figure
from metrics.core.measure import GROUPS, SERIES, show
from metrics.core.narrowing import alive, restrict
from metrics.core.on_time import ON_TIME_DEFINITIONS
from metrics.core.parts import PARTS, part_of
from metrics.core.register_rows import REGISTER_GROUPS, register_groups, register_rows
from metrics.core.report_forms import told
from metrics.core.rows import rows
from metrics.dictionary import dictionary
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.drift import NAMED, Drift, Step, as_reported, drift, said
from metrics.dossiers.units import first_day
from metrics.figures import REGISTER_FIGURES, SCREEN_FIGURES, any_figure
from metrics.indices.changes import by_edition
from metrics.indices.series import INDICES, TOTAL, provinces
from metrics.inspections.states import KINDS
from metrics.options import asking
from metrics.registers.tasks import AREAS

_DOSSIERS = ("dossier", "pause")
_GROUPS = list(dict.fromkeys([*GROUPS, *REGISTER_GROUPS]))


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)


@click.group(cls=Program, help="Các chỉ tiêu của Đúng Hạn.")
@tells_version
def main() -> None:
    """Figures on the command line."""


@main.command("list", help="Liệt kê các chỉ tiêu.")
def list_() -> None:
    click.echo("Hồ sơ:")
    for item in FIGURES.values():
        _tell(item)
    click.echo("\nHồ sơ, của một màn hình (chất lượng phục vụ, thủ tục):")
    for item in SCREEN_FIGURES.values():
        _tell(item)
    click.echo("\nCác sổ (nhiệm vụ, kiểm tra…):")
    for item in REGISTER_FIGURES:
        _tell(item)
    click.echo("\nĐịnh nghĩa đúng hạn (--definition):")
    for reading in ON_TIME_DEFINITIONS.values():
        click.echo(f"{reading.key:<28} {reading.label}")


def _tell(item: Figure) -> None:
    kind = "tỷ lệ" if item.unit == "rate" else "bình quân" if item.is_ratio else "số lượng"
    click.echo(
        f"{item.key:<28} {item.label} ({kind}). {item.meaning} Căn cứ: {told(item.basis, None)}."
    )


@main.command("dictionary", help="In từ điển chỉ tiêu (Markdown).")
def dictionary_command() -> None:
    click.echo(dictionary(), nl=False)


@main.command("show", help="Tính một chỉ tiêu, theo nhóm nếu cần.")
@asking
@click.option("--by", type=click.Choice([*_GROUPS, *SERIES]), default=None)
@click.option("--format", "layout", type=click.Choice(["csv", "json", "table"]), default="table")
def show_command(by: str | None, layout: str, **asked: Any) -> None:
    wanted, ask, facts, where = _prepare(asked)
    _refuse_group(wanted, by, facts, ask)
    measured = show(facts, wanted, ask, by, where)
    if wanted.key == "on_time":
        measured = _with_overdue(measured, facts, ask, by, where)
    if by in SERIES and wanted.fact in _DOSSIERS:
        measured = _since_the_data(measured, by, asked["as_known"])
    _print(_named(measured, by, facts), layout, _reading(wanted, ask, asked))


def _with_overdue(
    measured: pl.DataFrame, facts: Facts, ask: Ask, by: str | None, where: dict[str, Any]
) -> pl.DataFrame:
    """A rate never stands alone: 100% with overdue dossiers beside it is not all right."""
    overdue = show(facts, FIGURES["pending_overdue"], ask, by, where).select(
        "key", pl.col("numerator").alias("overdue")
    )
    joined = measured.join(overdue, on="key", how="full", coalesce=True, nulls_equal=True)
    if by in SERIES:
        return joined
    return joined.with_columns(
        pl.col("numerator", "denominator", "unknown", "overdue").fill_null(0)
    )


def _since_the_data(measured: pl.DataFrame, by: str | None, known: datetime | None) -> pl.DataFrame:
    """Nobody knows what was before the first dossier: no number of those weeks, and not 0."""
    since = first_day(open_facts(load_settings(), Scope(None), as_known=known))
    last = pl.col("key").dt.offset_by("6d") if by == "week" else pl.col("key").dt.month_end()
    told = (last >= since) if since else pl.lit(False)
    values = [column for column in measured.columns if column != "key"]
    return measured.with_columns(pl.when(told).then(pl.col(value)).alias(value) for value in values)


@main.command("rows", help="Các hồ sơ (hoặc dòng của sổ) đứng sau một con số.")
@asking
@click.option("--by", type=click.Choice(_GROUPS), default=None, help="Nhóm của --key.")
@click.option("--key", default=None, help="Nhóm cần mở, như cột key của lệnh show.")
@click.option(
    "--part",
    type=click.Choice(PARTS),
    default="numerator",
    help="Tử số, mẫu số, phần của mẫu số không vào tử số (missing): các dòng làm hụt tỷ lệ, "
    "hoặc phần chưa phân loại được (unknown).",
)
@click.option("--format", "layout", type=click.Choice(["csv", "json", "table"]), default="csv")
def rows_command(by: str | None, key: str | None, part: str, layout: str, **asked: Any) -> None:
    wanted, ask, facts, where = _prepare(asked)
    if by is not None:
        _refuse_group(wanted, by, facts, ask)
        column = (GROUPS if wanted.fact in _DOSSIERS else REGISTER_GROUPS)[by]
        where[column] = _key_values(by, key or "", facts)
    try:
        part_of(wanted, part)
    except ValueError as refused:
        _fail(f"{refused} Bỏ --part {part}.")
    if wanted.fact not in _DOSSIERS:
        listed = register_rows(facts, wanted, ask, where, part)
        _print(_with_register_names(listed, facts), layout, _reading(wanted, ask, asked))
        return
    found = rows(facts, wanted, ask, where, part).collect(backend="polars").to_native()
    _print(_with_names(found.sort("code"), facts), layout, _reading(wanted, ask, asked))


@main.command(
    "index", help="Điểm, thứ hạng của một tỉnh, thành phố theo năm; thay đổi nếu so được."
)
@click.argument("index", type=click.Choice(INDICES))
@click.option("--province", required=True, help="Tên tỉnh, thành phố như trong sổ chỉ số.")
@click.option("--component", default=TOTAL, show_default=True, help="Mã thành phần của chỉ số.")
@click.option("--format", "layout", type=click.Choice(["csv", "json", "table"]), default="table")
def index_command(index: str, province: str, component: str, layout: str) -> None:
    try:
        facts = open_facts(load_settings(), Scope(None))
    except (SnapshotMissing, SettingsError) as error:
        _fail(str(error))
    held = facts.registers.standing()["index_score"].collect("polars").to_native()
    known = {fold(name): code for code, name in provinces(held, index).items()}
    if fold(province) not in known:
        near = "; ".join(nearest(province, list(provinces(held, index).values()), 3))
        _fail(f"Sổ chỉ số không có {index} của “{province}”." + (near and f" Có phải: {near}?"))
    found = by_edition(held, index, known[fold(province)], component)
    _print(found, layout, {"index": index, "component": component})


@main.command("drift", help="Con số khi ấy so với hiện nay, và các hồ sơ làm nên chênh lệch.")
@asking
@click.option("--format", "layout", type=click.Choice(["csv", "json", "table"]), default="table")
def drift_command(layout: str, **asked: Any) -> None:
    if asked["as_known"] is None:
        asked["as_known"] = _as_reported(asked["last"])
    wanted, ask, then, where = _prepare(asked)
    if wanted.fact not in _DOSSIERS:
        _fail(f"“{wanted.label}” là chỉ tiêu của một sổ; chỉ so được các chỉ tiêu của hồ sơ.")
    now = open_facts(load_settings(), Scope(None))
    found = drift(then, now, wanted, (ask, replace(ask, ends=source_ends(now.sources))), where)
    for name, cell in (("Khi ấy", found.then), ("Hiện nay", found.now)):
        below = "" if cell["denominator"] is None else f"/{cell['denominator']}"
        click.echo(f"{name}: {cell['numerator']}{below}", err=True)
    if not found.total:
        click.echo("Không có hồ sơ nào làm chênh lệch.", err=True)
    _print(_drifted(found, now), layout, _reading(wanted, ask, asked))


def _drifted(found: Drift, facts: Facts) -> pl.DataFrame:
    """A row a dossier, or two where it moves both sides of a rate, with its batches in words."""
    named = {of: _labels(of, facts) for of in set(NAMED.values())}
    files = dict(facts.batches.select("batch_id", "file_name").iter_rows())

    def words(step: Step) -> str:
        file = f" ({files[step.batch_id]})" if files[step.batch_id] else ""
        return (
            f"lô {step.batch_id}{file}: {said(step, lambda of, key: named[of].get(key, str(key)))}"
        )

    listed = [
        {
            "dossier_id": each.dossier_id,
            "code": each.code,
            "part": each.part,
            "counts": each.counts,
            "changes": " | ".join(words(step) for step in each.steps),
            "told_until": each.told_until,
        }
        for each in found.moved
    ]
    texts = dict.fromkeys(("code", "part", "counts", "changes"), pl.String)
    return pl.DataFrame(
        listed, schema={"dossier_id": pl.Int64, **texts, "told_until": pl.Datetime("ms")}
    )


def _as_reported(last: date | None) -> datetime:
    """K where nobody has chosen one: when the period could be reported."""
    if last is None:
        _fail("Thiếu kỳ số liệu: hãy cho --from và --to, ví dụ --from 2026-01-01.")
    end = datetime(last.year, last.month, last.day) + timedelta(days=1)
    try:
        facts = open_facts(load_settings(), Scope(frozenset()))
        found = as_reported(facts.batches, end, int(facts.thresholds.on("report_days", last).value))
    except (SnapshotMissing, SettingsError) as error:
        _fail(str(error))
    if found is None:
        _fail("Chưa có lô nhập nào sau ngày cuối kỳ, nên chưa có gì để so. Hãy cho --as-known.")
    return found


def _prepare(asked: dict[str, Any]) -> tuple[Figure, Ask, Facts, dict[str, Any]]:
    try:
        wanted = any_figure(asked["figure_key"])
        settings = load_settings()
        as_known = asked["as_known"]
        everything = open_facts(settings, Scope(None), as_known=as_known)
        ask = _ask(asked, wanted, everything)
        facts = open_facts(settings, Scope(None), alive=ask.alive, as_known=as_known)
    except KeyError as error:
        _fail(str(error.args[0]))
    except (SnapshotMissing, NothingKnown, SettingsError, ValueError) as error:
        _fail(str(error))
    if wanted.fact in _DOSSIERS:
        _refuse_beyond(facts, ask)
        _tell_behind(facts, ask)
    where: dict[str, Any] = {}
    if asked["unit"]:
        where["unit_id"] = sorted({u for text in asked["unit"] for u in _units(text, facts)})
    if wanted.fact in _DOSSIERS:
        _tell_if_empty(facts, ask, where)
    return wanted, ask, facts, where


def _refuse_beyond(facts: Facts, ask: Ask) -> None:
    """Nobody knows yet what will have happened: no number, and not 0."""
    last = last_known(facts.sources)
    if last is not None and ask.moment > last:
        _fail(
            f"Chưa có số liệu đến {ask.moment:%H:%M ngày %d/%m/%Y}: số liệu mới nhất đến "
            f"{facts.data_until:%H:%M ngày %d/%m/%Y}. Hãy chọn --as-of không muộn hơn "
            f"{last:%Y-%m-%dT%H:%M}, hoặc nạp số liệu mới."
        )


def _tell_behind(facts: Facts, ask: Ask) -> None:
    """Which sources are judged as of their own end."""
    known = dict(facts.sources.select("source_id", "name").iter_rows())
    for source, own in ask.behind():
        click.echo(
            f"Nguồn “{known[source]}” chỉ có số liệu đến {own.moment:%H:%M ngày %d/%m/%Y}; hồ sơ "
            "của nguồn này được tính tại thời điểm đó.",
            err=True,
        )


def _units(text: str, facts: Facts) -> frozenset[int]:
    """The units that a word of the command line means, with those below them."""
    known: dict[str, set[int]] = {}
    for unit, *words in facts.units.select("unit_id", "code", "name", "short_name").iter_rows():
        for word in (str(unit), *words):
            known.setdefault(fold(word or ""), set()).add(unit)
    found = known.get(fold(text), set())
    if not found:
        near = nearest(text, list(facts.units["name"]), 3)
        hint = f" Có phải: {'; '.join(near)}?" if near else ""
        _fail(f"Không có đơn vị “{text}” (số unit_id, mã hoặc tên).{hint}")
    if len(found) > 1 and not text.isdigit():
        listed = facts.units.filter(pl.col("unit_id").is_in(found)).sort("unit_id")
        several = "; ".join(
            f"{u} ({c}, {n})" for u, c, n in listed["unit_id", "code", "name"].rows()
        )
        _fail(f"Có nhiều đơn vị “{text}”: {several}. Hãy ghi số unit_id.")
    unit = int(text) if text.isdigit() and int(text) in facts.units["unit_id"] else min(found)
    return descendants(facts.units, unit)


def _tell_if_empty(facts: Facts, ask: Ask, where: dict[str, Any]) -> None:
    """A 0 of nothing at all must not be read as a 0 of something."""
    some = alive(restrict(facts.dossier, where), [ask]).head(1).collect(backend="polars")
    if len(some):
        return
    place = "đơn vị đã chọn" if where else "toàn bộ số liệu"
    click.echo(
        f"Không có hồ sơ nào của {place} được tiếp nhận, giải quyết hoặc đang giải quyết trong kỳ "
        f"{ask.first_day:%d/%m/%Y} – {ask.last_day:%d/%m/%Y}. Hãy xem lại kỳ và đơn vị.",
        err=True,
    )


def _refuse_group(wanted: Figure, by: str | None, facts: Facts, ask: Ask) -> None:
    """A register's rows have columns of their own; what they cannot be grouped by is refused."""
    is_register = wanted.fact not in _DOSSIERS
    allowed = register_groups(facts, wanted, ask) if is_register else tuple(GROUPS)
    if by is not None and by not in (*allowed, *SERIES):
        _fail(
            f"Chỉ tiêu “{wanted.label}” không xếp được theo {by}. "
            f"Có thể: {', '.join((*allowed, *SERIES))}."
        )


def _ask(asked: dict[str, Any], wanted: Figure, facts: Facts) -> Ask:
    first, last, as_of = asked["first"], asked["last"], asked["as_of"]
    if as_of is not None and first is None and last is None and wanted.is_stock:
        # A stock looks at its moment only; the period does not matter.
        first = last = as_of.date()
    if first is None or last is None:
        raise ValueError("Thiếu kỳ số liệu: hãy cho --from và --to, ví dụ --from 2026-01-01.")
    return Ask(
        first,
        last,
        facts.calendar,
        as_of=as_of or default_moment(first, last, facts.data_until),
        definition=asked["definition"],
        compare=asked["compare"],
        due=asked["due"],
        whole=asked["over"],
        within=asked["within"],
        ends=source_ends(facts.sources),
        thresholds=facts.thresholds,
    )


def _labels(by: str, facts: Facts) -> dict[Any, str]:
    if by.endswith("unit"):
        return dict(names.unit_names(facts.units))
    if by == "field":
        return dict(names.field_names(facts.fields))
    if by == "procedure":
        return dict(names.procedure_names(facts.procedures))
    if by == "programme":
        return _programme_codes(facts)
    if by == "area":
        return {choice.value: choice.word for choice in AREAS}
    if by == "kind":
        return dict(KINDS)
    if by == "officer":
        return dict(officer_codes(load_settings()))
    return {}


def _programme_codes(facts: Facts) -> dict[Any, str]:
    programmes = facts.registers.ever()["programme"].select("programme_id", "code")
    return dict(programmes.collect(backend="polars").to_native().iter_rows())


def _named(measured: pl.DataFrame, by: str | None, facts: Facts) -> pl.DataFrame:
    """Ids become names; an unknown group's key stays empty."""
    labels = _labels(by, facts) if by else {}
    keys = [labels.get(key, key) for key in measured["key"]]
    text = pl.Series("key", [None if key is None else str(key) for key in keys], pl.String)
    return measured.with_columns(text).sort("key", nulls_last=False)


def _key_values(by: str, key: str, facts: Facts) -> list[Any]:
    if key == "":
        return [None]
    labels = _labels(by, facts)
    if not labels:
        return [key]
    found = [value for value, label in labels.items() if label == key]
    if not found and by == "kind":
        return [key]  # a finding's kind is in the words of its conclusion
    if not found:
        _fail(f"Không có nhóm “{key}” trong {by}. Hãy lấy key từ lệnh show --by {by}.")
    return found


def _with_names(found: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    units, fields = names.unit_names(facts.units), names.field_names(facts.fields)
    return found.with_columns(
        pl.col("unit_id").replace_strict(units, default=None, return_dtype=pl.String).alias("unit"),
        pl.col("field_id")
        .replace_strict(fields, default=None, return_dtype=pl.String)
        .alias("field"),
    )


def _with_register_names(found: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Names beside the ids that a register's rows have."""
    labels = {"unit": names.unit_names(facts.units), "programme": _programme_codes(facts)}
    return found.with_columns(
        pl.col(f"{name}_id").replace_strict(known, default=None, return_dtype=pl.String).alias(name)
        for name, known in labels.items()
        if f"{name}_id" in found.columns
    )


def _reading(wanted: Figure, ask: Ask, asked: dict[str, Any]) -> dict[str, str]:
    """What a list was made under, column by column: no file travels without it."""
    known = asked["as_known"]
    told = {
        "from": ask.first_day.isoformat(),
        "to": ask.last_day.isoformat(),
        "as_of": ask.moment.isoformat(timespec="minutes"),
        "as_known": "" if known is None else f"#{known}" if isinstance(known, int) else str(known),
    }
    if wanted.fact not in _DOSSIERS:
        return told
    read = {"definition": ask.definition, "compare": ask.comparison}
    return told | read | {"due": ask.due, "over": ask.whole}


def _print(frame: pl.DataFrame, layout: str, reading: dict[str, str]) -> None:
    if layout == "table":
        click.echo(", ".join(f"{name}: {value}" for name, value in reading.items() if value))
    else:
        frame = frame.with_columns(pl.lit(value).alias(name) for name, value in reading.items())
    if layout == "csv":
        texts = pl.col(pl.String).map_elements(safe_cell, return_dtype=pl.String)
        click.echo(frame.with_columns(texts).write_csv(), nl=False)
    elif layout == "json":
        click.echo(json.dumps(frame.to_dicts(), ensure_ascii=False, default=str, indent=1))
    else:
        with pl.Config(
            tbl_rows=-1,
            tbl_cols=-1,
            tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
            fmt_str_lengths=60,
            set_tbl_width_chars=160,
        ):
            click.echo(str(frame))


if __name__ == "__main__":
    main(prog_name=".venv/bin/python -m metrics")
