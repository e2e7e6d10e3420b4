"""In a browser: a ward's account gets nothing of another ward's, whatever it opens.

Looked for in the raw traffic, in which the ward's own codes are found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors import access, audit
from connectors.database.models import Dossier, Unit
from connectors.database.session import migrate, open_database
from connectors.intake import import_file
from connectors.registers import add
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.connectors.intake.conftest import MAPPING
from tests.e2e.app_server import AppServer, Installation
from tests.e2e.walk import Walk, settled
from tests.e2e.wire import Wire
from tests.register_models import Procedure
from ui.shell.registry import SCREENS

SLOW = 30_000
OURS, THEIRS = "QZTA", "QZBAN"
"""Stand in every code of the one ward's and of the other's, and nowhere else."""
NAMES: Final = {OURS: "Phường Hà Đông", THEIRS: "Phường Dương Nội"}
PERIOD = {"period": "month:2026-06", "asof": "2026-06-22T10:00"}
NOW = datetime(2026, 6, 29, tzinfo=UTC)


class Town:
    """Two wards, each with dossiers, a task and a finding; ``number``: one dossier of each."""

    def __init__(self, folder: Path, start_app: Callable[..., AppServer]) -> None:
        installation = Installation(folder)
        self.settings = Settings(data_dir=folder, database_url=installation.database_url)
        self.engine = open_database(self.settings.database_url)
        migrate(self.engine)
        self.units = self._catalogue()
        self._take_in(folder)
        for mark, unit in self.units.items():
            self._registers(mark, unit)
        refresh(self.engine, self.settings)
        with Session(self.engine) as session:
            codes = {mark: f"HS-{mark}-1" for mark in NAMES}
            self.number = {
                mark: session.scalars(select(Dossier.id).where(Dossier.code == code)).one()
                for mark, code in codes.items()
            }
        self.server = start_app(installation)

    def _catalogue(self) -> dict[str, int]:
        with Session(self.engine) as session:
            units = {
                mark: Unit(scheme="H26", code=f"0{place}", name=name, kind="commune")
                for place, (mark, name) in enumerate(NAMES.items())
            }
            session.add_all(units.values())
            session.add(Procedure(code="1.001", name="Đăng ký khai sinh", is_sensitive=False))
            session.commit()
            return {mark: unit.id for mark, unit in units.items()}

    def _take_in(self, folder: Path) -> None:
        mapping, path = folder / "hai-phuong.toml", folder / "ho-so.csv"
        mapping.write_text(
            MAPPING.replace("channel = {", 'officer = "Cán bộ"\nchannel = {'), "utf-8"
        )
        rows = [
            f"HS-{mark}-{n},{1 + n % 20:02}/06/2026 08:00,{3 + n % 20:02}/06/2026 16:00,"
            f"{'' if n % 2 else f'{4 + n % 20:02}/06/2026 10:00'},Trực tuyến,{name},1.001,CB-{mark}"
            for mark, name in NAMES.items()
            for n in range(1, 31)
        ]
        header = "Mã hồ sơ,Tiếp nhận,Hẹn trả,Kết thúc,Kênh,Đơn vị,Thủ tục,Cán bộ"
        path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
        report = import_file(
            self.engine, self.settings, path, mapping, now=NOW, refresh_snapshot=False
        )
        assert (report.rows_inserted, report.rows_rejected) == (60, 0)

    def _registers(self, mark: str, unit: int) -> None:
        def write(register: str, **values: object) -> None:
            add(
                self.engine,
                self.settings,
                register,
                {**values, "source": f"KH {mark}" if register != "programme" else "KH"},
                by="Lan",
                at=NOW,
                refresh_snapshot=False,
            )

        if mark == OURS:
            write("programme", code="KH-1", name="Kế hoạch", kind="plan", unit=unit)
        write("task", programme="KH-1", code=f"NV-{mark}", name=f"Việc {mark}", unit=unit)
        visit = f"KT-{mark}"
        write("inspection", code=visit, kind="surprise", unit=unit, from_on=date(2026, 6, 4))
        found = {"code": f"TT-{mark}", "kind": "Một cửa", "description": f"Thiếu {mark}"}
        write("finding", inspection=visit, **found)

    def address(self, path: str, **params: str) -> str:
        return f"{self.server.url}/{path}?{urlencode({**PERIOD, **params})}"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, start_app: Callable[..., AppServer]) -> Town:
    return Town(tmp_path_factory.mktemp("town"), start_app)


def _walk(town: Town, page: Page, other: str) -> None:
    """Every screen, then what a curious reader types into the address."""
    theirs, walk = str(town.number[other]), Walk(page)
    for screen in SCREENS:
        walk.to(town.address(screen.path, figure="received", when="all"))
    for path, params in (
        ("ho-so-tre-han", {"figure": "received", "dossier": theirs}),
        ("ho-so-tre-han", {"figure": "received", "units": str(town.units[other])}),
        ("don-vi", {"unit": str(town.units[other])}),
        ("nhiem-vu", {"when": "all", "task": "2"}),
        ("kiem-tra", {"finding": "2"}),
    ):
        walk.to(town.address(path, **params))


def test_a_ward_gets_nothing_of_another_on_any_way(
    town: Town, new_page: Callable[..., Page], screenshot: Callable[..., Path]
) -> None:
    page = new_page(role="unit", unit_id=town.units[OURS])
    wire = Wire(page)
    _walk(town, page, THEIRS)
    page.goto(town.address("ho-so-tre-han", figure="received", dossier=str(town.number[OURS])))
    settled(page)
    expect(page.locator(".st-key-dossier_panel h2")).to_have_text(f"HS-{OURS}-1", timeout=SLOW)
    screenshot(page, "scope-ward-dossier")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Tải CSV").click()
    downloaded = waiting.value.path().read_text(encoding="utf-8-sig")

    assert downloaded.count(f"HS-{OURS}-") == 30
    assert THEIRS not in downloaded
    told = wire.everything()
    for sign in ("HS-", "NV-", "TT-", "KT-", "CB-"):
        assert f"{sign}{OURS}" in told
    assert len(set(re.findall(rf"HS-{OURS}-\d+", told))) == 30, "the whole list was read"
    assert THEIRS not in told
    [written] = [line for line in _lines(town, "export") if '"file":"Hồ sơ' in line]
    assert '"rows":30' in written


def _lines(town: Town, action: str) -> list[str]:
    from connectors.database.audit import Audit

    with Session(town.engine) as session:
        query = select(Audit.detail).where(Audit.action == action).order_by(Audit.id)
        return [detail or "" for detail in session.scalars(query)]


def test_a_downloads_address_is_worth_nothing_to_others(
    town: Town, new_page: Callable[..., Page]
) -> None:
    page = new_page(role="unit", unit_id=town.units[THEIRS])
    page.goto(town.address("ho-so-tre-han", figure="received"))
    settled(page)
    with (
        page.expect_event("response", lambda one: one.url.endswith(".xlsx")) as answered,
        page.expect_download(),
    ):
        page.get_by_role("button", name="Tải XLSX").click()
    address = answered.value.url

    assert page.context.request.get(address).status == 200
    neighbour = new_page(role="unit", unit_id=town.units[OURS])
    neighbour.goto(town.address(""))
    assert neighbour.context.request.get(address).status == 404
    stranger = new_page(role=None)
    answer = stranger.context.request.get(address)
    assert answer.status == 403
    assert THEIRS not in answer.text()


def test_after_an_administrator_has_ended_the_session_the_next_click_shows_the_form(
    town: Town, new_page: Callable[..., Page]
) -> None:
    page = new_page(role="unit", unit_id=town.units[OURS])
    page.goto(town.address("ho-so-tre-han", figure="received"))
    settled(page)
    for session in access.live_sessions(town.engine, datetime.now(UTC)):
        access.revoke(town.engine, session.id, datetime.now(UTC), actor=audit.Actor("quan-tri"))
    # A download's content is made without a run of the screen: it is asked for anew, too.
    with page.expect_event("response", lambda one: one.url.endswith(".csv")) as refused:
        page.get_by_role("button", name="Tải CSV").click()
    assert refused.value.status == 403
    page.locator(".st-key-period_back button").first.click()
    page.get_by_label("Tên đăng nhập").wait_for(timeout=SLOW)
    expect(page.locator(".st-key-scopebar")).to_have_count(0)
    expect(page.get_by_text(f"HS-{OURS}")).to_have_count(0)
