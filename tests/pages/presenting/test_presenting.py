"""Trình chiếu: a deck is arranged, words are kept, decisions are noted and met again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.settings import Settings
from tests.pages.kit import copy_of, fill, installed, sound, submit, words

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
