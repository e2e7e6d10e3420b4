"""Trình chiếu: a deck is arranged, words are kept, decisions are noted and met again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docx
import pytest
from pptx import Presentation
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.session import open_database
from connectors.settings import Settings
from tests.pages.kit import copy_of, fill, installed, sound, submit, words
from ui.shell.guarded import Made

WEEK, NEXT = "week:2026-W25", "week:2026-W26"
_PRESENTER = Reader(1, "trinh-chieu", "Người trình chiếu", "presenter", None, False, None)


@pytest.fixture
def desk(
    with_registers: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    """The screen as the presenter has it, on an installation of one's own."""
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (_PRESENTER, False))
    with installed(copy_of(with_registers, tmp_path), monkeypatch):
        yield sound("presenting", period=WEEK)


def _deck(app: AppTest) -> str:
    bodies = (str(part.proto.body) for part in app.get("html"))
    return next(body for body in bodies if "dh-deck" in body)


def _keys(app: AppTest, *, hidden: bool = False) -> list[str]:
    slides = re.findall(r'<section class="dh-slide" data-key="(\w+)"([^>]*)>', _deck(app))
    return [key for key, rest in slides if ("data-hidden" in rest) == hidden]


def test_a_deck_is_prepared(desk: AppTest) -> None:
    usual = _keys(desk)
    assert usual[:3] == ["title", "asked", "headline"]
    desk.selectbox(key="presenting_slide").set_value("headline").run()
    submit(desk, "Lên trước")
    assert _keys(desk)[:3] == ["title", "headline", "asked"]
    fill(desk, presenting_own_headline="Kính thưa <b>các đồng chí</b>")
    submit(desk, "Ghi lời")
    assert '<p class="dh-s-own">Kính thưa &lt;b&gt;các đồng chí&lt;/b&gt;</p>' in _deck(desk)
    submit(desk, "Ẩn trang")
    assert _keys(desk, hidden=True) == ["headline"]
    # Another meeting has its own order.
    desk.query_params["period"] = NEXT
    desk.run()
    assert _keys(desk) == usual


def test_decisions_are_met_at_the_next_meeting(desk: AppTest) -> None:
    submit(desk, "Ghi việc giao")
    assert "Hãy ghi việc giao" in desk.error[0].value
    fill(desk, **{f"note_decision_{WEEK}_text": "Gọi các phường *trễ*"})
    desk.selectbox(key=f"note_decision_{WEEK}_unit").select_index(0)
    submit(desk, "Ghi việc giao")
    assert _keys(desk)[-1] == "concluded"
    assert "Cuộc họp giao 1 việc" in _deck(desk)
    assert r"Gọi các phường \*trễ\*" in words(desk)

    desk.query_params["period"] = NEXT
    desk.run()
    assert "1 việc đã giao: 1 chưa có kết quả" in _deck(desk)
    desk.selectbox(key="outcome_1_state").set_value("done")
    fill(desk, outcome_1_note="đã gọi hết")
    submit(desk, "Ghi kết quả")
    assert "1 việc đã giao: 1 đã xong" in _deck(desk)
    assert "Đã xong: đã gọi hết" in _deck(desk)


def test_a_live_screen_is_behind_each_slide_of_figures(desk: AppTest) -> None:
    desk.query_params["period"] = "year:2026"
    desk.run()
    live = dict(re.findall(r'data-key="(\w+)" data-live="([^"]*)"', _deck(desk)))
    assert live["title"] == live["asked"] == ""
    assert live["causes"].startswith("./ho-so-tre-han?")
    assert "figure=late" in live["causes"]
    assert live["tasks"].startswith("./nhiem-vu?")
    # A presenter takes nothing away as a file.
    assert not desk.get("download_button")


# -- files ------------------------------------------------------------------------------------


@pytest.fixture
def files(
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Callable[[], Made]]:
    """Name of a file → what makes it, of the screen as a ward's account has it."""
    engine = open_database(with_registers.database_url)
    with engine.connect() as connection:
        query = "select id from unit where name = 'Phường Hà Đông' and valid_to is null"
        ward = connection.exec_driver_sql(query).scalar_one()
    engine.dispose()
    reader = Reader(1, "ha-dong", "Phường Hà Đông", "unit", ward, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (reader, False))
    found: dict[str, Callable[[], Made]] = {}

    def button(_: str, action: str, __: str, make: Callable[[], Made], **options: Any) -> None:
        assert action == "export"
        found[options["file_name"]] = make

    monkeypatch.setattr("pages.presenting.screen.guarded", SimpleNamespace(download_button=button))

    def too_early(*_: object) -> bytes:
        raise AssertionError("made before it was asked for")

    with installed(with_registers, monkeypatch), monkeypatch.context() as drawing:
        drawing.setattr("pages.presenting.screen.render", too_early)
        drawing.setattr("pages.presenting.data.briefing", too_early)
        sound("presenting", period=NEXT)
    return found


def _texts(name: str, content: bytes) -> str:
    """What an independent reader finds in a document."""
    file = BytesIO(content)
    if name.endswith("pptx"):
        shapes = [shape for slide in Presentation(file).slides for shape in slide.shapes]
        found = [shape.text_frame.text for shape in shapes if shape.has_text_frame]
    elif name.endswith("docx"):
        read = docx.Document(file)
        found = [each.text for each in (*read.paragraphs, *read.sections[0].header.paragraphs)]
    else:
        found = [page.extract_text() for page in PdfReader(file).pages]
    return " ".join(unicodedata.normalize("NFC", " ".join(found)).split())


def test_the_deck_and_the_briefing_are_files_made_when_asked_for(
    files: dict[str, Callable[[], Made]],
) -> None:
    words = [name.split(" tuần 26 Phường Hà Đông ")[0] for name in files]
    assert words == ["Bản trình chiếu"] * 2 + ["Báo cáo nhanh"] * 2
    assert [name.rsplit(".")[-1] for name in files] == ["pptx", "pdf", "pdf", "docx"]
    with ThreadPoolExecutor(1) as thread:  # as the server does: it knows no session
        for name, make in files.items():
            made = thread.submit(make).result()
            assert made.detail["sections"] > 5
            found = _texts(name, made.content)
            assert "hồ sơ đến hạn trong 3 ngày làm việc tới" in found, name
            assert "Phường Hà Đông" in found, name
            assert "Phường Cầu Giấy" not in found, name
