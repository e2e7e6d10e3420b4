"""A download made at a click: asked anew who clicks, witnessed before it goes out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import fastexcel
import polars as pl
import pytest
from pptx import Presentation
from sqlalchemy import Engine, select, update
from streamlit.runtime.memory_media_file_storage import _calculate_file_id

from connectors import access, audit
from connectors.database.access import Account
from connectors.database.audit import Audit
from connectors.engine import Scope
from connectors.privacy import VaultLocked
from tests.signing_in import signed_in
from ui.shell import guarded, identity, own_files

ROWS = "Mã hồ sơ\r\nH26-1\r\n"


class Place:
    """Somebody's screen on a database, and what is clicked on it."""

    def __init__(self, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = database
        self.token: str | None = None
        self.scope = Scope(None)
        self.made = 0
        monkeypatch.setattr("ui.shell.identity.presented_token", lambda: self.token)
        monkeypatch.setattr("ui.shell.identity.scope_units", lambda who: self.scope)
        monkeypatch.setattr("ui.shell.installation.database", lambda: self.database)
        monkeypatch.setattr("ui.shell.installation.uses_identity_provider", lambda: False)

    def sign_in(self, role: str) -> None:
        self.token = signed_in(self.database, role)

    def draw(self, mime: str = guarded.CSV) -> Callable[[], bytes]:
        def make() -> guarded.Made:
            self.made += 1
            return guarded.Made(ROWS.encode(), {"rows": 1, "figure": "late"})

        return guarded.download(
            "export", "Danh sách hồ sơ: trễ", make, file_name="ho-so.csv", mime=mime
        )

    def session(self) -> int:
        [found] = access.live_sessions(self.database, datetime.now(UTC))
        return found.id

    def lines(self) -> list[tuple[str, str | None, dict[str, object]]]:
        with self.database.connect() as connection:
            rows = connection.execute(
                select(Audit.action, Audit.subject, Audit.detail)
                .where(Audit.action.in_(("export", "refused")))
                .order_by(Audit.id)
            )
            return [
                (action, subject, json.loads(detail or "{}")) for action, subject, detail in rows
            ]


@pytest.fixture
def place(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(sqlite_database, monkeypatch)


def test_what_goes_out_is_witnessed_and_belongs_to_who_clicked(place: Place) -> None:
    place.sign_in("reform")
    click = place.draw()
    place.token = None  # the thread knows no browser
    content = click()
    assert content == ROWS.encode()
    assert place.lines() == [
        (
            "export",
            "Danh sách hồ sơ: trễ",
            {"file": "ho-so.csv", "rows": 1, "figure": "late"},
        )
    ]
    file_id = _calculate_file_id(content, guarded.CSV, "ho-so.csv")
    assert own_files._made[file_id]


def _revoke(place: Place) -> None:
    access.revoke(place.database, place.session(), datetime.now(UTC), actor=audit.Actor("quan-tri"))


def _lock(place: Place) -> None:
    access.lock_account(place.database, "reform-tat-ca", actor=audit.Actor("quan-tri"))


def _change_role(place: Place) -> None:
    with place.database.begin() as connection:
        connection.execute(update(Account).values(role="presenter"))


def _narrow(place: Place) -> None:
    place.scope = Scope(frozenset({1}))


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (_revoke, identity.ENDED),
        (_lock, identity.ENDED),
        (_change_role, identity.REFUSED),
        (_narrow, identity.CHANGED),
    ],
)
def test_what_changed_since_the_button_was_drawn_holds_at_the_click(
    place: Place, happened: Callable[[Place], None], said: str
) -> None:
    place.sign_in("reform")
    click = place.draw()
    happened(place)
    [[told]] = csv.reader(io.StringIO(click().decode("utf-8-sig")))
    assert told == said
    assert place.made == 0
    assert [line[0] for line in place.lines()] == ["refused"]


def test_a_refusal_is_a_file_of_the_kind_that_was_asked_for(place: Place) -> None:
    place.sign_in("reform")
    click = place.draw(guarded.XLSX)
    _revoke(place)
    book = fastexcel.read_excel(click())
    sheet: pl.DataFrame = book.load_sheet(0, header_row=None).to_polars()
    assert sheet.item() == identity.ENDED


def test_a_deck_that_is_refused_is_a_slide_that_says_so(place: Place) -> None:
    place.sign_in("reform")
    click = place.draw(guarded.PPTX)
    _revoke(place)
    (slide,) = Presentation(io.BytesIO(click())).slides
    texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    assert identity.ENDED in " ".join(texts)


def test_a_wider_scope_is_no_reason_to_refuse(place: Place) -> None:
    place.sign_in("reform")
    place.scope = Scope(frozenset({1}))
    click = place.draw()
    place.scope = Scope(frozenset({1, 2}))
    assert click() == ROWS.encode()


def test_without_its_line_in_the_audit_nothing_goes_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.sign_in("reform")
    click = place.draw()

    def busy(*_: object, **__: object) -> int:
        raise audit.AuditUnavailable("Chưa ghi được nhật ký.")

    monkeypatch.setattr("connectors.audit.record", busy)
    assert "H26-1" not in click().decode()
    assert "Chưa ghi được nhật ký." in click().decode()


def test_a_file_that_fails_says_so_and_nothing_of_why(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.sign_in("reform")

    def make() -> guarded.Made:
        raise ValueError("bí mật")

    click = guarded.download("export", "x", make, file_name="a.csv", mime=guarded.CSV)
    assert "bí mật" not in click().decode()
    assert "a.csv was not made" in caplog.text


def test_rows_under_another_key_say_which_key_is_missing(place: Place) -> None:
    place.sign_in("reform")

    def make() -> guarded.Made:
        raise VaultLocked("OWNER_KEY không mở được dữ liệu.")

    click = guarded.download("export", "x", make, file_name="a.csv", mime=guarded.CSV)
    assert "OWNER_KEY" in click().decode()
