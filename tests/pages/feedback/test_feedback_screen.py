"""The screen of citizens' feedback on a small installation, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from connectors.database.models import Unit
from connectors.database.session import open_database
from connectors.engine import Scope
from connectors.registers import RegisterRefused, add, row
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.links import html, rows_with


@dataclass(frozen=True)
class Place:
    """A copy of the sample installation whose register a test may fill."""

    settings: Settings
    engine: Engine
    units: list[int]

    def save(self, **values: Any) -> int:
        given = {"source": "1022", "unit": self.units[0]} | values
        how: Any = {"by": "Lan", "at": datetime(2026, 6, 1, 8), "refresh_snapshot": False}
        return add(self.engine, self.settings, "feedback", given, **how)


@pytest.fixture
def place(
    sample_installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    settings = kit.copy_of(sample_installation.settings, tmp_path / "copy")
    engine = open_database(settings.database_url)
    with Session(engine) as session:
        wards = select(Unit.id).where(Unit.kind == "commune", Unit.valid_to.is_(None))
        units = list(session.scalars(wards.order_by(Unit.id).limit(2)))
    with kit.installed(settings, monkeypatch):
        yield Place(settings, engine, units)
    engine.dispose()


@pytest.fixture
def filled(place: Place) -> Place:
    """Past due and open; answered in time and rated; refused late; of another unit, in time."""
    monday = datetime(2026, 6, 22, 8)
    place.save(code="PA-1", received_at=datetime(2026, 5, 4, 8), kind="scene",
               due_at=datetime(2026, 6, 1, 17), subject="Đèn đường hỏng")  # fmt: skip
    place.save(code="PA-2", received_at=monday, accepted_at=datetime(2026, 6, 22, 10),
               ended_at=datetime(2026, 6, 23, 9), outcome="answered", rating="satisfied",
               is_urgent=False, channel="hotline")  # fmt: skip
    place.save(code="PA-3", received_at=monday, ended_at=datetime(2026, 6, 25, 9),
               outcome="refused")  # fmt: skip
    place.save(code="PA-4", received_at=monday, unit=place.units[1], channel="hotline")
    refresh(place.engine, place.settings)
    return place


_app = partial(kit.shown, "feedback")


def test_an_empty_register_says_that_nothing_is_known(place: Place) -> None:
    at = _app()
    assert not at.exception
    assert "không phải bằng 0" in " ".join(each.value for each in (*at.markdown, *at.caption))


def test_numbers_tables_and_rows(filled: Place) -> None:
    at = _app(asof="2026-06-28T00:00")
    assert not at.exception
    body = html(at)
    assert '<div class="dh-label">Phản ánh tiếp nhận</div><div class="dh-value">3' in body
    assert "1/2 phản ánh xử lý xong trong kỳ, biết hạn" in body
    assert "1/1 phản ánh xử lý xong trong kỳ, người gửi đã đánh giá" in body
    assert {row["Mã"] for row in rows_with(at, "Mã")} == {"PA-2", "PA-3", "PA-4"}
    late = _app(asof="2026-06-28T00:00", figure="feedback_past_due")
    assert [row["Mã"] for row in rows_with(late, "Mã")] == ["PA-1"]
    cut = _app(asof="2026-06-28T00:00", channel="hotline")
    assert {row["Mã"] for row in rows_with(cut, "Mã")} == {"PA-2", "PA-4"}
    untold = _app(asof="2026-06-28T00:00", channel="untold")
    assert [row["Mã"] for row in rows_with(untold, "Mã")] == ["PA-3"]


def test_one_is_opened_with_its_course(filled: Place) -> None:
    at = _app(asof="2026-06-28T00:00", feedback="1")
    assert not at.exception
    assert "Quá hạn chưa xử lý xong" in html(at)
    assert "04/05/2026" in html(at)
    then = _app(asof="2026-05-01T00:00", feedback="1")
    assert "Không mở được" in " ".join(each.value for each in then.markdown)


def test_the_home_screen_names_who_is_past_due(filled: Place) -> None:
    at = kit.new_app()
    at.query_params["asof"] = "2026-06-28T00:00"
    body = html(at.run())
    assert not at.exception
    assert "Đèn đường hỏng" in body or "1 phản ánh, kiến nghị quá hạn" in body


def test_what_looks_like_a_sender_is_refused_and_not_repeated(place: Place) -> None:
    with pytest.raises(RegisterRefused) as refused:
        place.save(code="PA-9", received_at=datetime(2026, 6, 1, 8), subject="Gọi 0912 345 678")
    assert "0912" not in str(refused.value)


def test_mending_leaves_unknown_moments_unknown(filled: Place) -> None:
    """A moment that nobody has told is empty in the form, and not the moment of mending."""
    at = _app(asof="2026-06-28T00:00", row="feedback-4")
    at.text_input(key="mend_feedback_4_subject").set_value("Vỉa hè hỏng")
    kit.submit(at, "Ghi sửa đổi")
    assert not at.exception
    kept = row(filled.engine, "feedback", 4, filled.settings.zone, scope=Scope(None))
    assert kept is not None
    assert kept["subject"] == "Vỉa hè hỏng"
    assert [kept[name] for name in ("accepted_at", "due_at", "ended_at", "extended_at")] == [
        None
    ] * 4
