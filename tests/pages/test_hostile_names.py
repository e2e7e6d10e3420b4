"""Names that an import brings are text: no link, picture or markup of theirs gets on a screen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import streamlit as st
from sqlalchemy import String, Text, inspect
from streamlit.testing.v1 import AppTest

from connectors.database.models import Base
from connectors.database.session import open_database, write_transaction
from connectors.settings import PROJECT_ROOT, Settings
from connectors.snapshot import refresh
from tests.pages.conftest import Installation
from tests.screens import on
from ui.shell.registry import SCREENS

_BAIT: Final = (
    ' [m](https://ke-xau.example)![i](https://i.example/x.png)<b id=z>x</b><a href="//k">'
)
_MARKDOWN: Final = re.compile(r"(?<!\\)\[m(?<!\\)\]\(https")
_MARKUP: Final = re.compile(r'<b id=z|<a href="//k|<a href=\\"')
# Not drawn as Markdown: what is typed into a box, chosen from one, or read aloud.
_TEXT: Final = (".alt", ".default", ".raw_value", ".raw_values", ".options", ".id", ".placeholder")
_FREE: Final = re.compile(
    r"^(\w*name|campaign|subject|topics|team|basis|source|document|wording|responsible|note|by|"
    r"recommendation|description|evidence|person|category|product|responsibility|authority|signer|"
    r"position|province|channel_source|reason)$"
)
_OTHERS: Final = frozenset({"account", "owner", "audit", "audit_head", "setting", "signed_in"})


@pytest.fixture(scope="module")
def hostile(
    sample_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """The sample with a bait behind every free text."""
    folder = tmp_path_factory.mktemp("hostile")
    source = Path(str(sample_installation.folder / "dung-han.db"))
    engine = open_database(sample_installation.settings.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    shutil.copy(source, folder / "dung-han.db")
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    engine = open_database(settings.database_url)
    with write_transaction(engine) as connection:
        for table in Base.metadata.tables.values():
            baited = {
                column.name: column.concat(_BAIT)
                for column in table.columns
                if _FREE.match(column.name)
                and isinstance(column.type, String | Text)
                and (column.type.length or 999) > 60
            }
            if baited and table.name not in _OTHERS and inspect(engine).has_table(table.name):
                connection.execute(table.update().values(**baited))
    refresh(engine, settings)
    engine.dispose()
    return Installation(folder, settings)


@pytest.fixture
def open_page(hostile: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DATA_DIR", str(hostile.folder))
    monkeypatch.setenv("DATABASE_URL", hostile.settings.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()

    def go(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=60)
        app.query_params.update(query)
        return on(app, page).run()

    yield go
    st.cache_data.clear()
    st.cache_resource.clear()


def _strings(message: Any, path: str = "") -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        for one in value if field.is_repeated else (value,):
            if isinstance(one, str):
                yield here, one
            elif hasattr(one, "ListFields"):
                yield from _strings(one, here)


def _parts(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _parts(child)


def _caught(app: AppTest) -> set[str]:
    found = set()
    for part in _parts(app._tree):
        kind, proto = getattr(part, "type", "?"), getattr(part, "proto", None)
        if proto is None or "data_frame" in kind:
            continue
        raw = kind == "html" or kind.startswith("plotly")
        for path, text in _strings(proto):
            if path.endswith(_TEXT):
                continue
            text = text.replace("\\u003c", "<")
            if (_MARKUP if raw else _MARKDOWN).search(text):
                found.add(f"{kind}{path}: {text[:80]}")
    return found


@pytest.mark.parametrize("page", [screen.key for screen in SCREENS])
def test_names_are_text_on_every_screen(open_page: Any, page: str) -> None:
    everything = open_page(page)
    assert _caught(everything) == set()
    own = _caught(open_page(page, unit="16", period="2026-05"))
    assert own == set()


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("late", {"dossier": "1"}),
        ("late", {"figure": "on_time", "period": "2026-05"}),
        ("tasks", {"task": "18"}),
        ("inspections", {"finding": "1"}),
        ("inspections", {"visit": "1"}),
        ("targets", {"target": "31"}),
    ],
)
def test_names_are_text_where_something_is_opened(
    open_page: Any, page: str, query: dict[str, str]
) -> None:
    assert _caught(open_page(page, **query)) == set()
