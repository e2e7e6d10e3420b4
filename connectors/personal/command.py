"""``python -m connectors person …`` and ``retention …``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from connectors.audit import AuditRefused, command_line_actor
from connectors.console import number, opened, refusals
from connectors.intake.report import IntakeRefused
from connectors.personal import erase as work
from connectors.personal import retention as terms
from connectors.personal.files import files_with
from connectors.personal.wanted import PersonRefused, Wanted, wanted
from connectors.privacy.mask import mask_name, mask_phone
from connectors.privacy.owners import ReasonRefused

_BY: Final = {
    "number": (("number", "Số giấy tờ"),),
    "phone": (("phone", "Điện thoại"),),
    "name": (("name", "Họ tên"), ("code", "Một mã hồ sơ của người đó")),
}
_by = click.option(
    "--by",
    type=click.Choice(list(_BY)),
    default="number",
    show_default=True,
    help="Tìm theo số giấy tờ, điện thoại, hay họ tên cùng một mã hồ sơ.",
)


@click.group()
def person() -> None:
    """Dữ liệu của một người: tìm, cấp, xóa (hỏi trên màn hình hoặc đọc từ đầu vào, từng dòng)."""


@contextmanager
def _refusals() -> Iterator[None]:
    with refusals():
        try:
            yield
        except (PersonRefused, ReasonRefused, AuditRefused) as refused:
            raise IntakeRefused(str(refused)) from refused


def _asked(by: str) -> Wanted:
    """The question, typed or from the input: what stands in an argument stays in a history."""
    return wanted(**{name: _prompt(label) for name, label in _BY[by]})


def _prompt(label: str) -> str:
    return str(click.prompt(label, err=True, default="", show_default=False))


@person.command("find")
@_by
def find_(by: str) -> None:
    """Cho biết đang giữ những gì của một người."""
    with _refusals():
        settings, database = opened()
        found = work.look(database, settings, _asked(by), actor=command_line_actor())
    for one in found.dossiers:
        name, phone = mask_name(one.owner["name"]), mask_phone(one.owner["phone"])
        click.echo(f"Hồ sơ {one.code}: {name or '–'}, điện thoại {phone or '–'}")
    for row in found.rejected:
        click.echo(f"Dòng bị từ chối: {row.table}, lô {row.batch}, dòng {row.line}")
    for note in found.notes:
        click.echo(f"Ghi chú: {note.table}.{note.column}, dòng {note.key[0]}")
    for path in files_with(settings, found.person.pattern()):
        click.echo(f"Tệp: {path}")
    click.echo(f"Đang giữ {work.counted(found.counts)}.")


@person.command("export")
@click.argument("file", metavar="TỆP.json", type=click.Path(path_type=Path))
@_by
def export_(file: Path, by: str) -> None:
    """Ghi mọi dữ liệu đang giữ của một người ra tệp JSON, để giao cho người đó."""
    with _refusals():
        settings, database = opened()
        if file.exists():
            raise IntakeRefused(f"Đã có tệp {file}; hãy chọn tên khác. Chưa có gì được ghi.")
        asked, reason = _asked(by), _prompt("Lý do")
        given = work.export(database, settings, asked, reason, actor=command_line_actor())
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(given, out, ensure_ascii=False, indent=2, default=str)
    click.echo(f"Đã ghi {file}; chỉ tài khoản chạy lệnh đọc được. Giao xong hãy xóa tệp.")


@person.command("delete")
@_by
@click.option("--yes", is_flag=True, help="Không hỏi lại.")
def delete_(by: str, yes: bool) -> None:
    """Xóa mọi dữ liệu của một người; hồ sơ và số liệu vẫn như cũ."""
    with _refusals():
        settings, database = opened()
        asked, reason = _asked(by), _prompt("Lý do")
        if not yes:
            found = work.look(database, settings, asked, actor=command_line_actor())
            click.echo(f"Đang giữ {work.counted(found.counts)}.")
            click.confirm("Xóa hẳn? Không lấy lại được", abort=True)
        done = work.erase(database, settings, asked, reason, actor=command_line_actor())
    click.echo(f"Đã xóa {work.counted(done.counts)}.")
    for sentence in done.sentences(settings.zone):
        click.secho(sentence, fg="yellow")
    if not done.cleared:
        sys.exit(1)


@person.command("allow")
@click.argument("code", metavar="MÃ-HỒ-SƠ")
def allow_(code: str) -> None:
    """Cho lần nạp sau ghi lại chủ của hồ sơ đã xóa chủ hồ sơ."""
    with _refusals():
        settings, database = opened()
        count = work.allow(database, settings, code, actor=command_line_actor())
    click.echo(f"{number(count)} hồ sơ sẽ có lại chủ hồ sơ ở lần nạp sau.")


@click.group()
def retention() -> None:
    """Thời hạn giữ dữ liệu cá nhân."""


@retention.command("show")
def show() -> None:
    """In từng thời hạn đang có hiệu lực, căn cứ, và bao nhiêu dòng đã hết hạn."""
    with _refusals():
        settings, database = opened()
        now = datetime.now(UTC)
        counts = {one.rule.what: one.count for one in terms.due(database, settings, now)}
        rules = terms.rules_on(now.astimezone(settings.zone).date(), settings)
        last = terms.last_turn(database)
    for what, rule in rules.items():
        kept = f"{number(rule.days)} ngày" if rule.days else "không thời hạn"
        ended = f"; đã hết hạn {number(counts[what])} dòng" if what in counts else ""
        click.echo(f"{what:<16}{rule.label}: {kept}, từ {rule.valid_from:%d/%m/%Y}{ended}")
        click.echo(f"{'':<16}Căn cứ: {rule.source}")
    when = "chưa lần nào" if last is None else f"{last.astimezone(settings.zone):%d/%m/%Y %H:%M}"
    click.echo(f"Lần chạy hằng ngày gần nhất: {when}")


@retention.command("run")
@click.option("--apply", "applied", is_flag=True, help="Xóa thật; không có thì chỉ cho biết.")
def run_(applied: bool) -> None:
    """Cho biết sẽ xóa gì vì hết thời hạn giữ; --apply: xóa. Ứng dụng tự chạy mỗi ngày một lần."""
    with _refusals():
        settings, database = opened()
        now = datetime.now(UTC)
        if applied:
            found: list[Any] = terms.run(database, settings, now, actor=command_line_actor())
        else:
            found = [one for one in terms.due(database, settings, now) if one.count]
    head = "Đã xóa" if applied else "Sẽ xóa"
    for one in found:
        click.echo(f"{head} {number(one.count)} dòng: {one.rule.label} ({one.rule.days} ngày).")
    if not found:
        click.echo("Không có gì hết thời hạn giữ.")
    elif not applied:
        click.echo("Chưa xóa gì. Xóa thật: .venv/bin/python -m connectors retention run --apply")
