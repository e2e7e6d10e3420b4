"""Changes on the home screen and of units where sources begin late, or end early.

Numbers are counted by hand: so many dossiers are received on each working day, and each ends in
time two days later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.__main__ import main
from connectors.database.models import Unit, UnitSuccession
from connectors.database.session import open_database
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.pages import kit
from tests.pages.links import html, rows_with
from tests.pages.said import said

MAPPING = """
[source]
code = "{code}"
name = "{name}"
[file]
format = "csv"
[columns]
code = "Mã"
received_at = "Nhận"
due_at = "Hẹn"
ended_at = "Xong"
[constants]
end_kind = "result"
[units.resolving]
column = "Đơn vị"
scheme = "thu"
create = true
kind = "commune"
level = "commune"
"""


def _rows(first: date, last: date, each: int, unit: str, *, known_to: date) -> list[str]:
    """So many dossiers a working day; what happens after ``known_to`` is not told."""
    days = (first + timedelta(days=n) for n in range((min(last, known_to) - first).days + 1))
    return [
        f"{unit[-3:]}-{day:%m%d}-{number};{day:%d/%m/%Y} 08:00;"
        f"{day + timedelta(days=4):%d/%m/%Y} 17:00;"
        + (f"{end:%d/%m/%Y} 10:00" if (end := day + timedelta(days=2)) <= known_to else "")
        + f";{unit}"
        for day in days
        if day.weekday() < 5
        for number in range(each)
    ]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    settings: Settings = kit.empty_at(tmp_path / "office")
    with kit.installed(settings, monkeypatch):
        yield tmp_path


def _import(folder: Path, name: str, rows: list[str]) -> None:
    mapping, file = folder / f"{name}.toml", folder / f"{name}.csv"
    mapping.write_text(MAPPING.format(code=name, name=f"Nguồn {name}"), "utf-8")
    file.write_text("\n".join(["Mã;Nhận;Hẹn;Xong;Đơn vị", *rows]) + "\n", "utf-8")
    arguments = ["import", str(file), "--mapping", str(mapping)]
    run = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert run.exit_code == 0, run.output


def _card(label: str, screen: str = "week", **params: str) -> str:
    """A card's text, without the small print of links."""
    app = kit.sound(screen, None, **params)
    text = next(one.text for one in said(app) if one.text.startswith(label))
    return re.sub(r" ⟨[^⟩]*⟩", "", text)


WEEK = "week:2026-W46"  # Monday 9/11 to Sunday 15/11
SUNDAY = date(2026, 11, 15)


def test_a_source_that_began_in_the_week_before_is_no_growth(office: Path) -> None:
    """10 of the old source and 15 of the new one read "▲ 92% so tuần trước" (13 before)."""
    _import(office, "cu", _rows(date(2026, 9, 1), SUNDAY, 2, "Phường Một", known_to=SUNDAY))
    _import(office, "moi", _rows(date(2026, 11, 6), SUNDAY, 3, "Phường Hai", known_to=SUNDAY))
    card = _card("Tiếp nhận", period=WEEK)
    why = "nguồn “Nguồn moi” chỉ có số liệu từ 06/11/2026"
    assert card.startswith(f"Tiếp nhận\n25\n– so tuần trước ({why})\n– so cùng kỳ 2025 ({why})")
    # In the week in which it began it has no week before, either: 13 read "▲ 30%" beside 10.
    before = _card("Tiếp nhận", period="week:2026-W45")
    assert before.startswith(f"Tiếp nhận\n13\n– so tuần trước ({why})")
    # The week after has a whole one.
    until = date(2026, 11, 22)
    _import(office, "cu", _rows(date(2026, 9, 1), until, 2, "Phường Một", known_to=until))
    _import(office, "moi", _rows(date(2026, 11, 6), until, 3, "Phường Hai", known_to=until))
    after = _card("Tiếp nhận", period="week:2026-W47")
    assert after.startswith("Tiếp nhận\n25\n▬ 0,0% so tuần trước")


def test_a_unit_has_no_other_side_before_its_own_records(office: Path) -> None:
    """The unit that began on the Friday before read "0" beside the others."""
    _import(office, "cu", _rows(date(2026, 9, 1), SUNDAY, 2, "Phường Một", known_to=SUNDAY))
    _import(office, "moi", _rows(date(2026, 11, 6), SUNDAY, 3, "Phường Hai", known_to=SUNDAY))
    app = kit.sound("units", None, period=WEEK)
    changes = {row["Đơn vị"]: row["±"] for row in rows_with(app, "Đơn vị", "±")}
    assert changes == {"Phường Một": "0", "Phường Hai": "–"}
    assert "– so tuần trước (số liệu chỉ có từ 06/11/2026)" in html(app)


def test_a_source_that_ended_early_is_held_against_as_many_of_its_days(office: Path) -> None:
    """Two days of a source beside five of the week before read "▼ 36% so tuần trước"."""
    first, tuesday = date(2026, 9, 1), date(2026, 11, 10)
    _import(office, "du", _rows(first, SUNDAY, 2, "Phường Một", known_to=SUNDAY))
    _import(office, "cham", _rows(first, SUNDAY, 3, "Phường Hai", known_to=tuesday))
    # Now 10 + 2 × 3, before 10 + 2 × 3.
    assert _card("Tiếp nhận", period=WEEK).startswith("Tiếp nhận\n16\n▬ 0,0% so tuần trước")
    # A source that has told nothing of the week is left out of the week before, too.
    later = "week:2026-W47"
    _import(office, "du", _rows(first, date(2026, 11, 22), 2, "Phường Một",
                                known_to=date(2026, 11, 22)))  # fmt: skip
    assert _card("Tiếp nhận", period=later).startswith("Tiếp nhận\n10\n▬ 0,0% so tuần trước")


def test_weeks_before_the_data_are_not_0(office: Path) -> None:
    """The first week of the strip read 0, as if nothing had been received then."""
    _import(office, "cu", _rows(date(2026, 10, 26), SUNDAY, 2, "Phường Một", known_to=SUNDAY))
    app = kit.sound("week", None, period=WEEK)
    texts = [one.text for one in said(app)]
    assert "Tuần 43 (19/10–25/10/2026)\n–" in texts
    assert "Tuần 44 (26/10–01/11/2026)\n10" in texts
    assert "Tuần 43 (19/10–25/10/2026)\n0" not in texts


def test_a_unit_that_took_another_one_in_has_not_grown(office: Path) -> None:
    """Its 25 dossiers read "▲ 150% so tuần trước"."""
    first, end = date(2026, 9, 1), date(2026, 11, 8)
    rows = _rows(first, SUNDAY, 2, "Phường Một", known_to=SUNDAY)
    rows += _rows(first, end, 3, "Phường Hai", known_to=SUNDAY)
    more = _rows(date(2026, 11, 9), SUNDAY, 3, "Phường Một", known_to=SUNDAY)
    _import(office, "cu", [*rows, *(f"m-{row}" for row in more)])
    engine = open_database(kit.settings_of(office / "office").database_url)
    with Session(engine) as session:
        ids = {unit.name: unit.id for unit in session.scalars(select(Unit))}
        session.add(
            UnitSuccession(
                old_unit_id=ids["Phường Hai"], new_unit_id=ids["Phường Một"],
                relation="whole", effective_on=date(2026, 11, 9),
            )
        )  # fmt: skip
        session.commit()
    refresh(engine, kit.settings_of(office / "office"))
    engine.dispose()
    why = "– so tuần trước (Sắp xếp đơn vị từ 09/11/2026)"
    for screen in ("week", "units"):
        card = _card("Tiếp nhận", screen, period=WEEK, unit=str(ids["Phường Một"]))
        assert card.startswith(f"Tiếp nhận\n25\n{why}"), screen
    app = kit.sound("units", None, period=WEEK)
    assert {row["Đơn vị"]: row["±"] for row in rows_with(app, "Đơn vị", "±")} == {"Phường Một": "–"}
    # Of both together nothing has changed.
    assert _card("Tiếp nhận", period=WEEK).startswith("Tiếp nhận\n25\n▬ 0,0% so tuần trước")
