"""Real records and the sample never stand in one database."""

from __future__ import annotations

from typing import Final, cast

from sqlalchemy import Connection, Table, insert, select, update

from connectors.database.models import Setting
from connectors.intake.report import ImportReport, NotNow
from connectors.intake.store import clear_sample

_SETTING: Final = cast(Table, Setting.__table__)


def only_real(connection: Connection, report: ImportReport, *, replace_sample: bool) -> None:
    """See to it that real records join no sample; raises NotNow where they would."""
    kind = connection.execute(
        select(_SETTING.c.value).where(_SETTING.c.key == "data_kind")
    ).scalar_one_or_none()
    if kind == "sample":
        if not replace_sample and report.dry_run:
            report.warnings.append(
                "Cơ sở dữ liệu đang chứa dữ liệu minh họa; khi nhập thật hãy thêm "
                "--replace-sample để xóa dữ liệu minh họa trước."
            )
            return
        if not replace_sample:
            raise NotNow(
                "Cơ sở dữ liệu này đang chứa dữ liệu minh họa; dữ liệu thật và dữ liệu minh "
                "họa không được trộn lẫn. Hãy nhập lại với --replace-sample để xóa dữ liệu "
                "minh họa trước, hoặc đặt DATABASE_URL tới một cơ sở dữ liệu khác. "
                "Chưa có gì được ghi."
            )
        clear_sample(connection)
    if kind is None:
        connection.execute(insert(_SETTING).values(key="data_kind", value="real"))
    else:
        connection.execute(
            update(_SETTING).where(_SETTING.c.key == "data_kind").values(value="real")
        )
