"""What a browser may not say, said by a program: others' pages, others' forms, one's own of before.

A form is only a number that a message names. So everything that an administrator's screens offer
is taken down, number by number, and sent filled in and pressed: in a ward's session, and in the
administrator's own after the role was taken away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from google.protobuf.message import Message  # type: ignore[import-untyped]
from sqlalchemy import Engine, select, update
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from connectors.database.access import Account
from connectors.database.models import Base
from connectors.database.session import open_database
from tests import raw_stream
from tests.e2e.app_server import AppServer
from tests.e2e.test_roles_after_a_cold_start import REFUSED
from tests.hostile.streams import screen
from ui.shell.registry import SCREENS

pytestmark = pytest.mark.slow
PATHS: Final = {one.key: one.path for one in SCREENS}
PLACES: Final = (
    ("late", "figure=received&period=year:2026"),
    ("tasks", "task=1&when=all"),
    ("inspections", "finding=1&span=all"),
    *((key, "") for key in ("targets", "indices", "service", "procedures", "reported")),
    *(("data", f"part={part}") for part in ("upload", "quality", "snapshot")),
    *(("admin", f"part={part}") for part in ("accounts", "sessions", "thresholds", "calendar")),
)
"""Every screen that offers to do something."""
WARD: Final = "Phường Hà Đông"
_SOMETHING: Final = "997"
_NOBODYS: Final = "khong-co"
_FRAMES: Final = ("Đăng xuất", "Đổi mật khẩu", "Cuối kỳ")
_TRACES: Final = {"audit", "audit_head", "audit_shelf", "signed_in", "sign_in_attempt"}


@dataclass(frozen=True)
class Drawn:
    """One run's messages."""

    messages: list[ForwardMsg]

    @property
    def widgets(self) -> list[Any]:
        """Everything that can be filled in or pressed."""
        parts = (part for message in self.messages for part in _parts(message))
        return [part for part in parts if str(getattr(part, "id", "")).startswith("$$")]

    @property
    def buttons(self) -> list[str]:
        """The numbers of those that are the page's, not the frame's."""
        return [
            one.id
            for one in self.widgets
            if one.DESCRIPTOR.name == "Button" and one.label and not one.label.startswith(_FRAMES)
        ]

    @property
    def hashes(self) -> dict[str, str]:
        """Streamlit's number of each page."""
        menu = next(one.navigation for one in self.messages if one.HasField("navigation"))
        return {page.url_pathname: page.page_script_hash for page in menu.app_pages}

    @property
    def is_refused(self) -> bool:
        titles = [one.body for message in self.messages for one in _headings(message)]
        tables = any(True for message in self.messages for _ in _tables(message))
        return titles == ["Không được phép xem"] and not tables


def _parts(message: Message) -> Iterator[Any]:
    yield message
    for _, value in message.ListFields():
        several = hasattr(value, "__iter__") and not isinstance(value, str | bytes)
        for one in value if several else [value]:
            if isinstance(one, Message):
                yield from _parts(one)


def _headings(message: ForwardMsg) -> Iterator[Any]:
    return (one for one in _parts(message) if one.DESCRIPTOR.name == "Heading")


def _tables(message: ForwardMsg) -> Iterator[Any]:
    drawn = ("Dataframe", "PlotlyChart", "Selectbox")
    return (one for one in _parts(message) if one.DESCRIPTOR.name in drawn)


def _ask(line: Any, page: str, query: str = "", **more: Any) -> Drawn:
    """The run that a message causes; of a fragment that is not there, none."""
    message = BackMsg()
    state = message.rerun_script
    state.page_name, state.query_string = page, query
    state.context_info.timezone = "Asia/Ho_Chi_Minh"
    state.page_script_hash = more.get("page_hash", "")
    state.fragment_id = more.get("fragment", "")
    for part in more.get("filled", ()):
        _fill(state.widget_states.widgets, part)
    for number in more.get("pressed", ()):
        widget = state.widget_states.widgets.add()
        widget.id, widget.trigger_value = number, True
    line.send(message.SerializeToString())
    if state.fragment_id == _NOBODYS:
        line.send(raw_stream.heartbeat())
        return Drawn(raw_stream.until(line, "heartbeat_ack"))
    return Drawn(raw_stream.until(line, "script_finished"))


def _fill(widgets: Any, part: Any) -> None:
    """Fills one in, where it would be sent empty."""
    match part.DESCRIPTOR.name:
        case "TextInput" | "TextArea":
            widgets.add(id=part.id, string_value=_SOMETHING)
        case "Checkbox":
            widgets.add(id=part.id, bool_value=True)
        case "Selectbox" if part.options:
            widgets.add(id=part.id, string_value=part.options[-1])
        case "DateInput" if not part.default:
            widgets.add(id=part.id).string_array_value.data.append("2026-06-01")
        case "Dataframe":
            rows = {"selection": {"rows": [0], "columns": [], "cells": []}}
            widgets.add(id=part.id, string_value=json.dumps(rows))


@pytest.fixture(scope="module")
def database(server: AppServer) -> Iterator[Engine]:
    engine = open_database(server.installation.database_url)
    yield engine
    engine.dispose()


def _everything(database: Engine) -> dict[str, list[Any]]:
    """All rows of all tables, but for what is written about whoever looks."""
    with database.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in Base.metadata.sorted_tables
            if table.name not in _TRACES
        }


@contextmanager
def _ward(server: AppServer) -> Iterator[Any]:
    with screen(server, "unit", unit_id=server.installation.unit(WARD)) as line:
        yield line


@pytest.fixture(scope="module")
def offered(server: AppServer) -> dict[tuple[str, str], Drawn]:
    """What an administrator's screens offer."""
    with screen(server, "admin") as line:
        return {place: _ask(line, PATHS[place[0]], place[1]) for place in PLACES}


@pytest.mark.parametrize("role", REFUSED)
def test_a_page_that_is_not_theirs_is_refused_by_name_and_by_number(
    server: AppServer, offered: dict[tuple[str, str], Drawn], role: str
) -> None:
    """As the first word of a session, which knows no pages yet, and later."""
    numbers = offered[PLACES[0]].hashes
    unit = server.installation.unit(WARD) if role == "unit" else None
    for key in REFUSED[role]:
        path, number = PATHS[key], numbers[PATHS[key]]
        ways: tuple[dict[str, str], ...] = (
            {"page": path},
            {"page": "", "page_hash": number},
            {"page": "don-vi", "page_hash": number},
        )
        for way in ways:
            with screen(server, role, unit_id=unit) as line:
                assert _ask(line, **way).is_refused, way
                assert not _ask(line, "").is_refused
                assert _ask(line, **way).is_refused, way


def test_a_wards_session_does_nothing_with_others_forms(
    server: AppServer, database: Engine, offered: dict[tuple[str, str], Drawn]
) -> None:
    before = _everything(database)
    with _ward(server) as line:
        for (key, query), drawn in offered.items():
            assert drawn.widgets, key
            number = offered[PLACES[0]].hashes[PATHS[key]]
            for way in ({}, {"page_hash": number}, {"fragment": _NOBODYS}):
                page = "" if "page_hash" in way else PATHS[key]
                more = {"filled": drawn.widgets, "pressed": drawn.buttons, **way}
                _ask(line, page, query, **more)
        assert not _ask(line, "").is_refused
    assert _everything(database) == before


def test_forms_that_were_offered_do_nothing_once_the_role_is_gone(
    server: AppServer, database: Engine
) -> None:
    """And would have done something, with the role."""
    ward = server.installation.unit(WARD)

    def press(key: str, query: str, unit: int | None) -> None:
        # A stream a place: one open for long is sent away once the role is gone (test_wire).
        with screen(server, "admin", name="nguoi-cu") as line:
            drawn = _ask(line, PATHS[key], query)
            for button in drawn.buttons:
                if unit is not None:
                    become("unit", unit)
                _ask(line, PATHS[key], query, filled=drawn.widgets, pressed=[button])
                if unit is not None:
                    become("admin", None)

    def become(role: str, unit: int | None) -> None:
        with database.begin() as connection:
            account = update(Account).where(Account.name == "nguoi-cu")
            connection.execute(account.values(role=role, unit_id=unit))

    with screen(server, "admin", name="nguoi-cu"):  # has an account from here on
        before = _everything(database)
    for key, query in PLACES:
        press(key, query, ward)
        assert _everything(database) == before, (key, query)
    for key, query in (("admin", "part=calendar"), ("procedures", "")):
        press(key, query, None)
        after = _everything(database)
        assert after != before, (key, query)
        before = after
