"""Services of the machine that failed: noted beside the data, so that people see it.

systemd starts ``dung-han-failed@UNIT`` where one of the shipped units fails (``OnFailure=``); the
unit's next success takes the note away (``ExecStartPost=``). It stands in a file, because a lost
database is a reason to fail.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

import click

from connectors.console import installed, refusals
from connectors.settings import Settings, SettingsError

FOLDER: Final = "dich-vu-loi"
_UNIT: Final = re.compile(r"dung-han[\w@.:\\-]{0,100}")
_MOST: Final = 4096


@dataclass(frozen=True)
class Failed:
    """A unit that has failed and not succeeded since; ``result`` as systemd calls it."""

    unit: str
    at: datetime
    result: str


def note(settings: Settings, unit: str, result: str, now: datetime) -> None:
    """Note that a unit failed at ``now``. Raises SettingsError for what is none of ours."""
    if not _UNIT.fullmatch(unit):
        raise SettingsError(f"{unit} không phải dịch vụ của Đúng Hạn.")
    folder = settings.data_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = folder / f".{unit}"
    half.write_text(json.dumps({"at": now.isoformat(), "result": result}), encoding="utf-8")
    half.replace(folder / unit)


def failures(settings: Settings) -> tuple[Failed, ...]:
    """The units that have failed and not succeeded since, the latest first."""
    found = []
    for path in (settings.data_dir / FOLDER).glob("dung-han*"):
        try:
            with path.open(encoding="utf-8") as file:
                said = json.loads(file.read(_MOST))
            found.append(Failed(path.name, datetime.fromisoformat(said["at"]), str(said["result"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it succeeded just now, or is not ours
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


@click.command()
@click.argument("unit", metavar="[DỊCH VỤ]", required=False)
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
def failed(unit: str | None, as_json: bool) -> None:
    """Dịch vụ nào của máy đang lỗi (mã thoát 1 nếu có); có tên: ghi lại là dịch vụ ấy vừa lỗi."""
    with refusals():
        settings = installed()
        if unit is not None:
            said = (os.environ.get(f"MONITOR_{name}") for name in ("SERVICE_RESULT", "EXIT_STATUS"))
            result = " ".join(word for word in said if word) or "failed"
            note(settings, unit, result, datetime.now(UTC))
        found = failures(settings)
    if as_json:
        rows = [asdict(one) | {"at": one.at.isoformat()} for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    for one in () if as_json else found:
        at = one.at.astimezone(settings.zone)
        when = f"{at:%H:%M %d/%m/%Y}"
        click.echo(f"{one.unit}: lỗi lúc {when} ({one.result}); xem journalctl -u {one.unit}")
    if unit is None and not (found or as_json):
        click.echo("Không có dịch vụ nào đang lỗi.")
    sys.exit(1 if found and unit is None else 0)
