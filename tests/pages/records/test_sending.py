"""Reports that go out by themselves, on the screen "Dữ liệu"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.database.session import open_database
from connectors.sending import deliveries
from connectors.settings import Settings
from tests.pages import kit
from tests.pages.records.test_own_mappings import as_role

NOW = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return kit.empty_at(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def sent(empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """One that arrived, one that nobody knows of."""
    here = kit.copy_of(empty, tmp_path / "here")
    database = open_database(here.database_url)
    deliveries.expect(database, "giao-ban", NOW, ["chu-tich", "<b>x"], NOW)
    for one, state in zip(deliveries.ready(database, NOW), ("sent", "unsure"), strict=True):
        deliveries.end(database, one, state, NOW, None if state == "sent" else "Đứt kết nối.")  # type: ignore[arg-type]
    database.dispose()
    with kit.installed(here, monkeypatch):
        yield here


def test_how_each_delivery_went_is_told_and_one_that_is_unsure_can_be_sent_again(
    sent: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(monkeypatch, "admin")
    app = kit.sound("data")
    said = "\n".join(element.proto.body for element in app.get("html"))
    assert "đã gửi" in said
    assert "Đứt kết nối." in said
    assert "&lt;b&gt;x" in said
    assert "<b>x" not in said
    (button,) = [each for each in app.button if (each.key or "").startswith("again_")]
    button.click()
    app.run()
    database = open_database(sent.database_url)
    again = deliveries.ready(database, datetime.now(UTC) + timedelta(minutes=1))
    database.dispose()
    assert [one.receiver for one in again] == ["<b>x"]


def test_others_read_and_send_nothing(sent: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    as_role(monkeypatch, "leader")
    app = kit.sound("data")
    assert not [each for each in app.button if (each.key or "").startswith("again_")]
