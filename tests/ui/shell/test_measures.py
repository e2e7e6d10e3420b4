"""The numbers for a monitoring system: for nobody without the token, and of nobody by name."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import Engine, insert
from starlette.responses import PlainTextResponse

from connectors.database.models import ImportBatch, Source
from connectors.database.session import open_database
from connectors.settings import Settings, SettingsError, load_settings
from tests.signing_in import signed_in
from ui.shell import door, identity

TOKEN = "k" * 32
HERE = "http://127.0.0.1:8501"


@pytest.fixture
def asked(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> list[Settings]:
    """The settings that the door has, in a list, so that a test puts others there."""
    had = [settings]
    monkeypatch.setattr("ui.shell.installation.database", lambda: sqlite_database)
    monkeypatch.setattr("ui.shell.installation.settings", lambda: had[0])
    identity._known.clear()
    return had


def get(**headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(door.Door(PlainTextResponse("một màn hình")))
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            return await client.get("/metrics", headers=headers)

    return asyncio.run(ask())


def test_without_the_token_there_is_no_such_page(asked: list[Settings]) -> None:
    mine = f"Bearer {TOKEN}"
    assert get(authorization=mine).status_code == 404  # none is set
    asked[0] = asked[0].model_copy(update={"metrics_token": SecretStr(TOKEN)})
    for wrong in ("", "Bearer ", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}"):
        assert get(authorization=wrong).status_code == 404
    assert get().status_code == 404
    assert get(authorization=mine).status_code == 200


def test_a_short_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "ngan")
    with pytest.raises(SettingsError, match="METRICS_TOKEN phải dài"):
        load_settings()


def test_the_numbers_are_few_and_name_nobody(
    asked: list[Settings], sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked[0] = asked[0].model_copy(update={"metrics_token": SecretStr(TOKEN)})
    signed_in(sqlite_database, "leader", name="lan")
    now = datetime.now(UTC)
    with sqlite_database.begin() as connection:
        connection.execute(insert(Source).values(id=1, code='x"}y', name="Nguyễn Văn A"))
        batch = {"source_id": 1, "kind": "file", "started_at": now, "finished_at": now}
        connection.execute(insert(ImportBatch).values(**batch))
    found = read(get(authorization=f"Bearer {TOKEN}").text)
    assert found["dung_han_sessions"] == 1
    assert found["dung_han_database_up"] == 1
    assert found["dung_han_batches_behind"] == 1
    assert found["dung_han_maintenance"] == found["dung_han_sign_ins_refused_day"] == 0
    assert found['dung_han_last_import_timestamp_seconds{source="1"}'] == pytest.approx(
        now.timestamp(), abs=1
    )
    assert found["process_resident_memory_bytes"] > 1_000_000
    assert any(name.startswith('dung_han_requests_total{code="') for name in found)
    assert "dung_han_snapshot_age_seconds" not in found  # there is none
    assert len(found) < 40
    lost = open_database("sqlite:////khong-co/a.db", creates=False)
    monkeypatch.setattr("ui.shell.installation.database", lambda: lost)
    told = read(get(authorization=f"Bearer {TOKEN}").text)
    assert told["dung_han_database_up"] == 0
    assert "dung_han_sessions" not in told


def read(text: str) -> dict[str, float]:
    """Each sample's name with its labels → its value."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    assert "Nguyễn" not in text
    return found
