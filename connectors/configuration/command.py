"""``python -m connectors config …``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from connectors.configuration.check import check
from connectors.console import refusals


@click.group()
def config() -> None:
    """Cấu hình: xem từng thiết lập, đặt ở đâu, sai chỗ nào."""


@config.command("check")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
def check_(as_json: bool) -> None:
    """In mọi thiết lập, giá trị, nơi đặt, và những gì cần sửa; mã thoát 1 nếu có gì sai."""
    with refusals():
        found = check()
    if as_json:
        told = asdict(found) | {"is_right": found.is_right}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        sys.exit(0 if found.is_right else 1)
    click.echo(f"Tệp cấu hình: {found.file}")
    for one in found.settings:
        click.echo(f"  {one.name:<28}{one.value}  [{one.place}]")
    if found.database:
        click.echo(f"Cơ sở dữ liệu: {found.database}")
    for finding in found.findings:
        is_wrong = finding.level == "wrong"
        head = "SAI" if is_wrong else "Lưu ý"
        click.secho(f"{head}: {finding.text}", fg="red" if is_wrong else "yellow")
    if found.is_right:
        click.echo("Cấu hình dùng được.")
    else:
        sys.exit(1)
