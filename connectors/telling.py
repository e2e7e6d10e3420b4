"""What the command line says of what was taken in."""

from __future__ import annotations

from collections.abc import Mapping

import click

from connectors.console import number
from connectors.fetch.run import Fetched
from connectors.intake.report import ImportReport, Outcome


def tell_fetched(done: Fetched, *, as_json: bool) -> None:
    """Everything that one fetch brought; with ``as_json`` a report an object."""
    for report in done.reports:
        tell(report, as_json=as_json)
    for file in done.files:
        if file.known is not None:
            click.echo(f"Tệp {file.name}: đã nhận ở lô {file.known}, không nhận lại.", err=as_json)
        elif file.refused is not None:
            click.secho(f"Tệp {file.name} bị từ chối: {file.refused}", err=True, fg="red")
    if done.stopped is not None:
        click.secho(done.stopped, err=True, fg="red")
    if not done.files and done.pulled is None and done.stopped is None:
        click.echo("Không có tệp mới.", err=as_json)


def tell(report: ImportReport, *, as_json: bool) -> None:
    """What one import came to."""
    if as_json:
        click.echo(report.as_json())
        return
    head = "Thử nhập (không ghi gì)" if report.dry_run else f"Lô nhập {report.batch_id}"
    if report.batch_id is None and not report.dry_run:
        head = "Không có gì mới, không ghi lô nào"
    click.echo(f"{head}: {report.file_name or report.source}, ánh xạ {report.mapping}")
    more = {
        "Chưa phân loại được (thiếu ngày hẹn)": report.without_due,
        "Kết thúc trước khi tiếp nhận": report.ended_before_received,
    }
    words = ("Dòng đã đọc", "Hồ sơ mới", "Hồ sơ thay đổi", "Không thay đổi", "Dòng bị từ chối")
    tell_counts(dict(zip(words, report.counts.values(), strict=True)) | more)
    _created(report)
    tell_rest(report, f"rejected {report.batch_id} --output tu-choi.xlsx")
    click.echo(f"  Xong sau {report.seconds:.1f} giây.".replace(".", ",", 1))


def _of_file(report: Outcome) -> None:
    for heading, sentence in report.told():
        click.echo(f"  {heading}: {sentence}")


def _created(report: ImportReport) -> None:
    for label, names in (
        ("Đơn vị mới", report.units_created),
        ("Thủ tục mới", report.procedures_created),
    ):
        if names:
            shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
            click.echo(f"  {label} ({number(len(names))}): {shown}")


def tell_counts(counts: Mapping[str, int]) -> None:
    """Counts, each with its words, in a column."""
    for name, count in counts.items():
        click.echo(f"  {name + ':':<40}{number(count):>14}")


def tell_rest(report: Outcome, export: str) -> None:
    """How the file was read, warnings, the first rejected rows and the command for all of them."""
    _of_file(report)
    for warning in report.warnings:
        click.secho(f"  Lưu ý: {warning}", fg="yellow")
    for rejection in report.first_rejected:
        click.secho(f"  {rejection.sentence()}", fg="red")
    more = report.rows_rejected - len(report.first_rejected)
    if more > 0:
        click.echo(f"  … và {number(more)} dòng khác.")
    if report.rows_rejected and not report.dry_run:
        click.echo(f"  Xuất các dòng bị từ chối: .venv/bin/python -m connectors {export}")
