"""Recording on the screen "Hồ sơ trễ hạn": of the open dossier, of many, by whoever may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, delete, insert, select
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.audit import Audit
from connectors.database.models import Dossier, Owner
from connectors.database.recorded import DossierRecord
from connectors.database.session import open_database
from connectors.engine import Scope
from connectors.settings import Settings
from pages.late import letters
from pages.late.recording import APOLOGISE, CAUSE, MANY
from tests.pages.conftest import Installation
from tests.pages.kit import copy_of, installed, new_app
from tests.pages.late.test_late import html, opened
from ui.shell.guarded import Unmade
from ui.shell.identity import Identity

_LAN = Reader(1, "lan", "Lan", "reform", None, False, None)
LATE = {"figure": "late_without_apology", "period": "year:2026"}


@pytest.fixture
def own(small_installation: Installation, tmp_path: Path) -> Settings:
    return copy_of(small_installation.settings, tmp_path / "own")


@pytest.fixture
def database(own: Settings) -> Iterator[Engine]:
    engine = open_database(own.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def at(own: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app, read by somebody of the reform office."""
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (_LAN, False))
    with installed(own, monkeypatch):
        yield new_app()


def _late(database: Engine) -> int:
    """A dossier that is pending and late, and was never re-dated."""
    with database.connect() as connection:
        query = select(Dossier.id).where(
            Dossier.ended_at.is_(None), Dossier.due_at == Dossier.due_original_at,
            Dossier.received_at.is_not(None),
        ).order_by(Dossier.due_at)  # fmt: skip
        return int(connection.execute(query).scalars().first() or 0)


def _press(app: AppTest, label: str, place: int = 0) -> AppTest:
    return [each for each in app.button if each.label == label][place].click().run()


def test_a_letter_and_a_cause_of_the_open_dossier(at: AppTest, database: Engine) -> None:
    number = _late(database)
    app = opened(at, **LATE, dossier=str(number))
    labels = [each.label for each in app.expander]
    assert {APOLOGISE, CAUSE, MANY} <= set(labels)
    named = f"letter_dossier_{number}"
    app.text_area(key=f"{named}_reason").input("Chờ xác minh")
    app.text_input(key=f"{named}_no").input("7/TXL")
    app.date_input(key=f"{named}_due").set_value(date(2027, 1, 15))
    app = _press(app, "Ghi văn bản xin lỗi")
    assert not app.exception
    assert [each.value for each in app.success] == ["Đã ghi văn bản xin lỗi."]
    assert "số 7/TXL" in html(app)
    assert any("hẹn lại 15/01/2027" in each.value for each in app.markdown)
    app.selectbox(key=f"cause_dossier_{number}_cause").select("dispute")
    app = _press(app, "Ghi nguyên nhân")
    assert [each.value for each in app.success] == ["Đã ghi nguyên nhân trễ hạn."]
    with database.connect() as connection:
        row = connection.execute(select(Dossier).where(Dossier.id == number)).one()
        assert row.late_cause == "dispute"
        assert row.due_at > row.due_original_at
        said = connection.execute(select(DossierRecord.by)).scalars().all()
    assert said == ["Lan (lan)", "Lan (lan)"]
    # A second date is refused beside the form, which keeps what was typed.
    named = f"letter_dossier_{number}_1"
    app.text_area(key=f"{named}_reason").input("Còn phải chờ")
    app.date_input(key=f"{named}_due").set_value(date(2027, 2, 15))
    app = _press(app, "Ghi văn bản xin lỗi")
    assert any("đã có văn bản xin lỗi" in each.value for each in app.error)


def test_causes_of_the_whole_list(at: AppTest, database: Engine) -> None:
    app = opened(at, **LATE)
    app.selectbox(key="cause_dossiers_cause").select("other")
    app = _press(app, "Ghi nguyên nhân")
    assert not app.exception
    (said,) = [each.value for each in app.success]
    with database.connect() as connection:
        rows = connection.execute(select(DossierRecord.dossier_id)).scalars().all()
    assert f"của {len(rows)} hồ sơ" in said
    assert len(rows) > 1
    assert "Chưa ghi nguyên nhân" not in html(app)


def test_who_may_not_record_is_offered_nothing(
    at: AppTest, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = Reader(1, "minh", "Minh", "leader", None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))
    app = opened(at, **LATE, dossier=str(_late(database)))
    assert not {APOLOGISE, CAUSE, MANY} & {each.label for each in app.expander}


def test_letters_name_the_citizen_only_with_a_reason(
    at: AppTest, own: Settings, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _late(database)
    app = opened(at, **LATE, dossier=str(number))
    app.text_area(key=f"letter_dossier_{number}_reason").input("Chờ xác minh")
    _press(app, "Ghi văn bản xin lỗi")
    with database.begin() as connection:
        mine = Owner.dossier_id == number
        connection.execute(delete(Owner).where(mine))
        connection.execute(insert(Owner).values(dossier_id=number, name="Trần Thị Bình"))
    identity_ = Identity(_LAN, Scope(None))
    names: Any = _Here()

    def made(reason: str | None, ask: Any = lambda _action: identity_) -> str:
        content = letters._made(names, lambda: [number], "pdf", reason, ask).content
        return PdfReader(BytesIO(content)).pages[0].extract_text()

    monkeypatch.setattr("ui.shell.data.database", lambda: database)
    monkeypatch.setattr("ui.shell.data.settings", lambda: own)
    assert "Chờ xác minh" in made(None)
    assert "Kính gửi: ……" in made(None)
    assert "Kính gửi: Trần Thị Bình" in made("Gửi văn bản xin lỗi cho công dân")
    with pytest.raises(Unmade, match="Hãy ghi lý do bằng một câu"):
        made("gửi")
    with pytest.raises(Unmade, match="không ghi họ tên"):
        made("Gửi văn bản cho trần thị bình")
    elsewhere = Identity(_LAN, Scope(frozenset()))
    with pytest.raises(Unmade, match="Chưa ghi văn bản xin lỗi"):
        made("Gửi văn bản xin lỗi", lambda _action: elsewhere)
    with database.connect() as connection:
        lines = connection.execute(select(Audit.subject).where(Audit.action == "reveal"))
        assert lines.scalars().all() == [f"hồ sơ {number}"]


class _Here:
    units: ClassVar[dict[int, str]] = {}
    above: ClassVar[dict[int, str | None]] = {}
    procedures: ClassVar[dict[int, str]] = {}
