"""What nobody knows has no answer on any screen; what was known then can be looked at again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pages.conftest import Installation
from tests.pages.kit import installed, shown


@pytest.fixture
def _app(small_installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with installed(small_installation.settings, monkeypatch):
        yield


@pytest.mark.usefixtures("_app")
@pytest.mark.parametrize("screen", ["week", "late", "units"])
def test_beyond_the_data_there_is_no_answer(screen: str) -> None:
    app = shown(screen, None, asof="2027-06-01T00:00")
    assert [title.value for title in app.title] == ["Chưa có số liệu"]
    assert "số liệu mới nhất đến" in app.info[0].value
    next(b for b in app.button if b.label == "Xem số liệu mới nhất").click().run()
    assert [title.value for title in app.title] != ["Chưa có số liệu"]


@pytest.mark.usefixtures("_app")
def test_a_week_to_come_leads_back_to_the_newest() -> None:
    app = shown("week", None, period="week:2027-W20")
    assert [title.value for title in app.title] == ["Chưa có số liệu"]
    next(b for b in app.button if b.label == "Xem số liệu mới nhất").click().run()
    assert [title.value for title in app.title] != ["Chưa có số liệu"]


@pytest.mark.usefixtures("_app")
def test_what_was_known_after_a_batch_can_be_taken_off_again() -> None:
    app = shown("week", None, known="1")
    assert [title.value for title in app.title] == ["Chưa có số liệu"], "its data end before"
    chip = next(b for b in app.button if b.label == "Theo ghi nhận đến sau lô #1")
    chip.click().run()
    assert [title.value for title in app.title] != ["Chưa có số liệu"]


@pytest.mark.usefixtures("_app")
def test_a_batch_that_is_not_there_is_told() -> None:
    assert "Không có lô nhập" in shown("week", None, known="99").info[0].value
