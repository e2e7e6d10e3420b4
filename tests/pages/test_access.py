"""Who sees and does what: every role on every page, every action, in scope and out of it.

The tables below are written by hand, as a second opinion on connectors/access/roles.toml.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
import streamlit as st
from google.protobuf import text_format  # type: ignore[import-untyped]
from sqlalchemy import Engine, func, insert, select, update
from streamlit.testing.v1 import AppTest

from connectors import attached
from connectors.access import may, table
from connectors.attached import Sent
from connectors.calling import Deed
from connectors.database.audit import Audit
from connectors.database.models import Dossier, ImportBatch, RejectedRow
from connectors.database.session import open_database
from connectors.engine import Facts, Scope, open_facts
from connectors.recording import Letter
from connectors.registers import Entry, RegisterRefused, add
from connectors.settings import PROJECT_ROOT
from connectors.snapshot import refresh
from metrics.core.names import COVERED
from metrics.core.periods import parse_period
from pages.late import data as late_data
from pages.late import owner
from pages.records import intake, snapshots
from tests.pages.conftest import Installation, is_sent_away
from tests.pages.links import links, rows_with, tables
from tests.register_models import Procedure, TaskUpdate
from tests.screens import on
from ui.kit import writing
from ui.shell import guarded, identity
from ui.shell.registry import SCREENS

ROLES: Final = {"A": "admin", "L": "leader", "R": "reform", "P": "presenter", "U": "unit"}

PAGES: Final = {
    "week": "ALRPU",
    "units": "ALRPU",
    "late": "ALRPU",
    "tasks": "ALRPU",
    "inspections": "ALRPU",
    "feedback": "ALRPU",
    "targets": "ALRPU",
    "search": "ALRPU",
    "indices": "ALRPU",
    "service": "ALRPU",
    "reported": "ALRPU",
    "reconciling": "ALRPU",
    "procedures": "ALRPU",
    "presenting": "ALRPU",
    "alerts": "ALRU",
    "data": "ALR",
    "admin": "A",
}
ACTIONS: Final = {
    "open_dossier": "ALRU",
    "open_small_groups": "ALRU",
    "see_officers": "ALRU",
    "see_sensitive_titles": "ALRU",
    "see_masked_owner": "LRU",
    "reveal_owner": "RU",
    "export": "ALRU",
    "import_dossiers": "AR",
    "withdraw_dossiers": "AR",
    "record_apology": "RU",
    "close_period": "AR",
    "same_units": "A",
    "see_rejected": "R",
    "edit_registers": "AR",
    "edit_own_tasks": "ARU",
    "prepare_meeting": "ALRPU",
    "ask_units": "ALR",
    "see_heads": "ALR",
    "open_files": "ALRU",
    "own_alerts": "ALRU",
    "manage_accounts": "A",
    "person_data": "A",
    "see_audit": "A",
    "edit_settings": "A",
}
YEAR = "year:2026"
WEEK = "week:2026-W20"
NONE = "99999"
PHONE = "024.0123.4567"
BY = {"by": "Lan", "at": datetime(2026, 6, 1, tzinfo=UTC), "refresh_snapshot": False}


# -- an installation with two wards -------------------------------------------------------


@dataclass(frozen=True)
class Ward:
    unit: int
    task: int
    finding: int
    value: int


class Wards:
    """The sample data with tasks and findings of two wards, and a batch with a rejected row."""

    def __init__(self, installation: Installation) -> None:
        self.settings = installation.settings
        self.engine: Engine = open_database(self.settings.database_url)
        self.city = int(self.facts.units.filter(pl.col("kind") == "province")["unit_id"][0])
        busiest = self._busiest_wards()
        self._save("programme", code="KH-1", name="Kế hoạch", kind="plan", unit=self.city)
        self.ours, self.theirs = (self._with_rows(unit) for unit in busiest)
        self.batch = self._reject_a_row()
        self._cover_a_procedure()
        refresh(self.engine, self.settings)
        self.__dict__.pop("facts")

    @property
    def file(self) -> Path:
        path = self.settings.data_dir / "tasks.csv"
        path.write_text(
            "Mã chương trình,Mã nhiệm vụ,Tên nhiệm vụ,Đơn vị chủ trì,Nguồn\n", encoding="utf-8"
        )
        return path

    @cached_property
    def facts(self) -> Facts:
        return open_facts(self.settings, Scope(None))

    @cached_property
    def dossiers(self) -> pl.DataFrame:
        frame: pl.DataFrame = self.facts.dossier.collect(backend="polars").to_native()
        return frame

    def _busiest_wards(self) -> tuple[int, int]:
        now = self.facts.units.filter((pl.col("kind") == "commune") & pl.col("valid_to").is_null())
        counts = self.dossiers.join(now, on="unit_id").group_by("unit_id").len()
        ours, theirs = counts.sort("len", descending=True)["unit_id"][:2]
        return int(ours), int(theirs)

    def _save(self, register: str, **values: Any) -> int:
        return add(self.engine, self.settings, register, {**values, "source": "KH 1"}, **BY)  # type: ignore[arg-type]

    def _with_rows(self, unit: int) -> Ward:
        task = {"programme": "KH-1", "code": f"NV-{unit}", "name": f"Việc của {unit}"}
        visit = {"code": f"KT-{unit}", "kind": "surprise", "from_on": date(2026, 5, 4)}
        found = {"code": f"TT-{unit}", "kind": "Một cửa", "description": f"Thiếu ở {unit}"}
        number = self._save("task", **task, unit=unit)
        told = {"programme": "KH-1", "task": task["code"], "at": datetime(2026, 6, 1, 8)}
        sent = Sent("Giải trình.png", bytes.fromhex("89504e470d0a1a0a"))
        entry = Entry("task_update", {**told, "is_launched": True})
        attached.report(self.engine, self.settings, entry, [sent], **BY)  # type: ignore[arg-type]
        self._save("inspection", **visit, unit=unit)
        finding = self._save("finding", **found, inspection=f"KT-{unit}")
        day = date(2026, 6, 1)
        value = self._save("indicator_value", indicator="so-rieng", value=7, as_of=day, unit=unit)
        self._save("unit_head", unit=unit, since=day, name=f"Người đứng đầu {unit}", phone=PHONE)
        return Ward(unit, number, finding, value)

    def _cover_a_procedure(self) -> None:
        """Makes the first ward's most frequent procedure a sensitive one."""
        own = self.dossiers.filter(unit_id=self.ours.unit)["procedure_id"].drop_nulls()
        with self.engine.begin() as connection:
            often = int(own.mode().sort()[0])
            connection.execute(
                update(Procedure).where(Procedure.id == often).values(is_sensitive=True)
            )

    def _reject_a_row(self) -> int:
        with self.engine.begin() as connection:
            batch: int = connection.execute(select(func.max(ImportBatch.id))).scalar_one()
            connection.execute(
                update(ImportBatch).where(ImportBatch.id == batch).values(rows_rejected=1)
            )
            connection.execute(
                insert(RejectedRow).values(
                    batch_id=batch,
                    line_no=7,
                    column_name="Hẹn trả",
                    value="31/02/2026",
                    reason="không phải ngày; hãy sửa.",
                    row={"Hẹn trả": "31/02/2026"},
                )
            )
        return batch

    def audited(self, action: str) -> list[tuple[str | None, str | None, dict[str, Any]]]:
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(Audit.actor, Audit.subject, Audit.detail)
                .where(Audit.action == action)
                .order_by(Audit.id)
            )
            return [(row.actor, row.subject, json.loads(row.detail or "{}")) for row in rows]

    def received_by(self, unit: int) -> dict[str, Any]:
        """A dossier of the unit that is in the year's list of those received."""
        return self.dossiers.filter(
            (pl.col("unit_id") == unit)
            & pl.col("received_at").is_between(datetime(2026, 1, 1), datetime(2026, 6, 20))
        ).row(0, named=True)


@pytest.fixture(scope="session")
def sample_installation(
    sample_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """A copy of its own: the tests write to it."""
    folder = tmp_path_factory.mktemp("access") / "sample"
    shutil.copytree(sample_installation.folder, folder)
    url = f"sqlite:///{folder / 'dung-han.db'}"
    settings = sample_installation.settings.model_copy(
        update={"data_dir": folder, "database_url": url}
    )
    return Installation(folder, settings)


@pytest.fixture(scope="session")
def wards(sample_installation: Installation) -> Wards:
    return Wards(sample_installation)


@pytest.fixture(scope="session")
def _cookies(wards: Wards) -> dict[tuple[str, int | None], str]:
    return {}


@pytest.fixture(scope="module", autouse=True)
def _caches() -> Iterator[None]:
    """Kept from test to test: results of one reader must not reach another one."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


class Screens:
    """The app for somebody, at one address after the other."""

    def __init__(self, wards: Wards, become: Callable[..., None]) -> None:
        self.wards, self._become = wards, become
        self._opened: dict[str, AppTest] = {}

    def of(self, role: str | None, unit: int | None = None) -> Screens:
        self._become(role, self.wards.ours.unit if role == "unit" and unit is None else unit)
        self._opened.clear()
        return self

    def open(self, page: str, **params: str) -> AppTest:
        """The screen at an address."""
        app = AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=60)
        on(app, page)
        for key, value in params.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        assert not [error.value for error in app.error]
        return app

    def seen(self, page: str, **params: str) -> AppTest:
        """The same, opened once for all who only look."""
        key = f"{page} {params}"
        if key not in self._opened:
            self._opened[key] = self.open(page, **params)
        return self._opened[key]


@pytest.fixture
def screens(
    wards: Wards, as_reader: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Screens:
    monkeypatch.setenv("DATA_DIR", str(wards.settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", wards.settings.database_url)
    return Screens(wards, as_reader)


_ID: Final = re.compile(r"\bid:|[0-9a-f]{32}|<style>")


def everything(app: AppTest) -> str:
    """All that goes to the browser, as text: labels, options, tables, charts' JSON."""
    parts = []
    for block in app._tree.children.values():
        for element in block:
            proto = getattr(element, "proto", None)
            if element.type == "dataframe":
                parts.append(str(pl.DataFrame(element.value).to_dicts()))  # type: ignore[union-attr]
            elif proto is not None:
                told = text_format.MessageToString(proto, as_utf8=True)
                parts.append("\n".join(line for line in told.splitlines() if not _ID.search(line)))
    return "\n".join(parts)


def shown(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def is_refused(app: AppTest) -> bool:
    return [title.value for title in app.title] == ["Không được phép xem"]


# -- pages --------------------------------------------------------------------------------


def test_the_tables_name_every_page_and_every_action() -> None:
    assert {screen.key for screen in SCREENS} <= set(PAGES)
    named = {f"page:{page}" for page in PAGES} | set(ACTIONS)
    assert named == set(table().actions)
    assert set(ROLES.values()) == set(table().roles)


@pytest.mark.parametrize("letter", ROLES)
def test_a_role_opens_its_pages_and_no_other(screens: Screens, letter: str) -> None:
    there = screens.of(ROLES[letter])
    opened = {screen.key: not is_refused(there.open(screen.key)) for screen in SCREENS}
    assert opened == {screen.key: letter in PAGES[screen.key] for screen in SCREENS}


@pytest.mark.parametrize("page", [screen.key for screen in SCREENS])
def test_whose_session_has_ended_gets_the_way_to_the_form_only(screens: Screens, page: str) -> None:
    app = screens.of(None).open(page, dossier="1", task="1", unit="1", part="upload")
    assert is_sent_away(app)


# -- actions: what is offered -------------------------------------------------------------


def _late(screens: Screens, **more: str) -> AppTest:
    return screens.seen("late", period=YEAR, figure="received", **more)


def _offers_open(screens: Screens) -> bool:
    app = _late(screens)
    code = rows_with(app, "Mã hồ sơ")[0]["Mã hồ sơ"]
    return code in [words for words, _ in links(app)]


def _offers_small_groups(screens: Screens) -> bool:
    row = screens.wards.received_by(screens.wards.ours.unit)
    app = _late(screens, q=row["code"])
    return row["code"] in str(tables(app))


def _offers_officers(screens: Screens) -> bool:
    late = _late(screens)
    unit = screens.seen("units", period=YEAR, unit=str(screens.wards.ours.unit))
    said = {
        "Cán bộ thụ lý" in [field.label for field in late.multiselect],
        any("Cán bộ" in row for rows in tables(late) for row in rows),
        "Theo cán bộ" in [heading.value for heading in unit.header],
    }
    assert len(said) == 1
    return said.pop()


def _offers_sensitive(screens: Screens) -> bool:
    wards = screens.wards
    procedures = wards.facts.procedures.filter("is_sensitive")
    told = everything(_late(screens)) + everything(
        screens.seen("units", period=YEAR, unit=str(wards.ours.unit))
    )
    named = any(name in told for name in procedures["name"])
    assert named != (COVERED in told)
    return named


def _panel(screens: Screens) -> AppTest:
    row = screens.wards.received_by(screens.wards.ours.unit)
    return _late(screens, dossier=str(row["dossier_id"]))


def _offers_masked(screens: Screens) -> bool:
    return "<b>Chủ hồ sơ:</b> N.D.M." in shown(_panel(screens))


def _offers_reveal(screens: Screens) -> bool:
    return "Lý do" in [field.label for field in _panel(screens).text_input]


def _offers_export(screens: Screens) -> bool:
    offered = [each.proto.label for each in _late(screens).get("download_button")]
    return {"Tải XLSX", "Tải CSV"} <= set(offered)


def _offers_import(screens: Screens) -> bool:
    app = screens.seen("data", part="upload")
    return "Nạp tệp hồ sơ" in [heading.value for heading in app.header]


def _offers_units(screens: Screens) -> bool:
    app = screens.seen("data", part="units")
    return "Những đơn vị giống nhau" in [heading.value for heading in app.header]


def _offers_closing(screens: Screens) -> bool:
    return "Chốt số liệu kỳ này" in _expanders(screens.seen("data", part="closing", period=WEEK))


def _offers_rejected(screens: Screens) -> bool:
    app = screens.seen("data", batch=str(screens.wards.batch))
    offered = any("rejected_csv" in each.proto.id for each in app.get("download_button"))
    seen = {"không phải ngày; hãy sửa." in everything(app), offered}
    assert len(seen) == 1
    return seen.pop()


def _expanders(app: AppTest) -> set[str]:
    return {expander.label for expander in app.expander}


def _offers_withdrawal(screens: Screens) -> bool:
    return "Rút hồ sơ khỏi số liệu" in _expanders(_panel(screens))


def _offers_recording(screens: Screens) -> bool:
    one, several = _expanders(_panel(screens)), _expanders(screens.seen("late", period=YEAR))
    asked = {
        "Ghi văn bản xin lỗi, hẹn lại" in one,
        "Ghi nguyên nhân trễ hạn" in one,
        "Ghi xin lỗi, nguyên nhân; lập văn bản cho nhiều hồ sơ" in several,
    }
    assert len(asked) == 1
    return asked.pop()


def _offers_edit(screens: Screens) -> bool:
    wards = screens.wards
    task = _expanders(screens.seen("tasks", period=YEAR, when="all", task=str(wards.ours.task)))
    finding = _expanders(screens.seen("inspections", period=YEAR, finding=str(wards.ours.finding)))
    files = [
        "Nhập từ tệp" in _expanders(screens.seen(page))
        for page in ("targets", "indices", "service", "reported")
    ]
    asked = {
        *files,
        *(name in task for name in ("Thêm nhiệm vụ", "Ghi một lần đôn đốc", "Nhập từ tệp")),
        *(name in finding for name in ("Thêm tồn tại", "Tái kiểm tra, xác nhận khắc phục")),
    }
    assert len(asked) == 1
    return asked.pop()


def _offers_report(screens: Screens) -> bool:
    wards = screens.wards
    task = screens.seen("tasks", period=YEAR, when="all", task=str(wards.ours.task))
    finding = screens.seen("inspections", period=YEAR, finding=str(wards.ours.finding))
    asked = {
        "Cập nhật tình hình" in _expanders(task),
        "Ghi báo cáo khắc phục của đơn vị" in _expanders(finding),
    }
    assert len(asked) == 1
    return asked.pop()


def _offers_asking(screens: Screens) -> bool:
    home = screens.seen("week", period=WEEK, call=str(screens.wards.ours.unit))
    return any(button.label == "Gửi yêu cầu" for button in home.button)


def _offers_heads(screens: Screens) -> bool:
    """On the unit's page, and beside what can be done about it."""
    unit = screens.wards.ours.unit
    seen = {
        PHONE in everything(screens.seen("units", period=WEEK, unit=str(unit))),
        PHONE in everything(screens.seen("week", period=WEEK, call=str(unit))),
    }
    assert len(seen) == 1
    return seen.pop()


def _offers_files(screens: Screens) -> bool:
    task = str(screens.wards.ours.task)
    app = screens.seen("tasks", period=YEAR, when="all", task=task)
    return any("Giải trình.png" in each.proto.label for each in app.get("download_button"))


OFFERS: Final[dict[str, Callable[[Screens], bool]]] = {
    "open_dossier": _offers_open,
    "open_small_groups": _offers_small_groups,
    "see_officers": _offers_officers,
    "see_sensitive_titles": _offers_sensitive,
    "see_masked_owner": _offers_masked,
    "reveal_owner": _offers_reveal,
    "export": _offers_export,
    "import_dossiers": _offers_import,
    "withdraw_dossiers": _offers_withdrawal,
    "record_apology": _offers_recording,
    "close_period": _offers_closing,
    "same_units": _offers_units,
    "see_rejected": _offers_rejected,
    "edit_registers": _offers_edit,
    "edit_own_tasks": _offers_report,
    "ask_units": _offers_asking,
    "see_heads": _offers_heads,
    "open_files": _offers_files,
}
"""How one sees on the screens whether an action is offered; the others are screen Quản trị's."""


@pytest.mark.parametrize("letter", ROLES)
def test_what_a_role_may_do_is_offered_and_nothing_else(screens: Screens, letter: str) -> None:
    there = screens.of(ROLES[letter])
    offered = {action: probe(there) for action, probe in OFFERS.items()}
    assert offered == {action: letter in ACTIONS[action] for action in OFFERS}


# -- actions: what is done ----------------------------------------------------------------


@pytest.mark.parametrize("letter", ROLES)
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_asked_before_it_is_done(screens: Screens, action: str, letter: str) -> None:
    wards = screens.of(ROLES[letter]).wards
    before = len(wards.audited("refused"))
    if letter in ACTIONS[action]:
        assert identity.require(action).role == ROLES[letter]
        assert len(wards.audited("refused")) == before
        return
    with pytest.raises(identity.NotAllowed):
        identity.require(action, "thử")
    assert wards.audited("refused")[before:] == [
        (identity.reader().name, "thử", {"action": action})
    ]


_minutes: Final = itertools.count()


def _news(ward: Ward) -> list[Entry]:
    at = datetime(2026, 6, 2, tzinfo=UTC) + timedelta(minutes=next(_minutes))
    return [Entry("task_update", {"task": ward.task, "at": at, "is_launched": True})]


def _fix(ward: Ward, **more: Any) -> list[Entry]:
    return [Entry("finding", {"reported_on": date(2026, 6, 1), **more}, {"id": ward.finding})]


def _dossier_withdrawn_and_restored(wards: Wards) -> None:
    dossier = wards.received_by(wards.ours.unit)["dossier_id"]
    writing.withdraw_dossier(dossier, "nhập trùng")
    writing.restore_dossier(dossier)


def _called_and_taken_back(wards: Wards) -> None:
    writing.call_unit(wards.ours.unit, "000.00.98.H26", (None, None), "văn bản")
    (alias,) = writing.unit_aliases()["alias_id"]
    writing.take_back_alias(alias)


def _cause_recorded(wards: Wards) -> None:
    dossier = wards.received_by(wards.ours.unit)["dossier_id"]
    writing.give_cause([dossier], "dispute")
    record = writing.records(dossier)[-1].id
    writing.mend_record(record, "other", "ghi nhầm")
    writing.withdraw_record(record, "ghi nhầm")


def _closed(wards: Wards) -> None:
    """Or refused for what the records are, once it was asked who it is."""
    with suppress(RegisterRefused):
        writing.close_period(wards.ours.unit, parse_period(WEEK), "current", "")


def _reopened(wards: Wards) -> None:
    with suppress(RegisterRefused):
        writing.reopen_period(0, "thử")


def _withdrawn_and_restored(register: str, row: int) -> None:
    writing.withdraw(register, row, "ghi nhầm")
    writing.restore(register, row)


def _unit_asked(wards: Wards) -> None:
    unit = wards.ours.unit
    writing.act(Deed("explain", unit, unit, "Vì sao trễ", due_on=date(2099, 1, 4)))


DONE: Final[dict[str, tuple[str, Callable[[Wards], object]]]] = {
    "a dossier is opened": (
        "open_dossier",
        lambda wards: late_data.timeline(wards.received_by(wards.ours.unit)["dossier_id"]),
    ),
    "an owner is shown": (
        "reveal_owner",
        lambda wards: owner._show(
            wards.received_by(wards.ours.unit)["dossier_id"], "Gọi công dân bổ sung giấy tờ"
        ),
    ),
    "a task is edited": (
        "edit_registers",
        lambda wards: writing.write([Entry("task", {"person": "Lan"}, {"id": wards.ours.task})]),
    ),
    "a finding is edited": (
        "edit_registers",
        lambda wards: writing.write(_fix(wards.ours, fix_by=date(2026, 7, 1))),
    ),
    "a file is taken in": (
        "edit_registers",
        lambda wards: writing.take("task", wards.file, dry_run=True),
    ),
    "a task's news are written": (
        "edit_own_tasks",
        lambda wards: writing.write(_news(wards.ours)),
    ),
    "a task is withdrawn and restored": (
        "edit_registers",
        lambda wards: _withdrawn_and_restored("task", wards.ours.task),
    ),
    "own news are taken back": (
        "edit_own_tasks",
        lambda wards: _withdrawn_and_restored("task_update", writing.write(_news(wards.ours))),
    ),
    "a dossier is withdrawn and restored": (
        "withdraw_dossiers",
        _dossier_withdrawn_and_restored,
    ),
    "a cause is recorded, mended and taken back": ("record_apology", _cause_recorded),
    "an apology is recorded": (
        "record_apology",
        lambda wards: writing.apologise(
            [wards.received_by(wards.ours.unit)["dossier_id"]],
            Letter(datetime.now(UTC).date() - timedelta(days=next(_minutes)), "Chờ xác minh"),
        ),
    ),
    "a unit's other name is said and taken back": ("same_units", _called_and_taken_back),
    "a unit is asked to explain": ("ask_units", _unit_asked),
    "a period is closed": ("close_period", _closed),
    "a closing is taken back": ("close_period", _reopened),
    "a fix is reported": ("edit_own_tasks", lambda wards: writing.write(_fix(wards.ours))),
}
"""What the screens call when somebody presses a button, and the action that it is."""


@pytest.mark.parametrize("letter", ROLES)
@pytest.mark.parametrize("deed", DONE)
def test_what_a_role_may_not_do_is_not_done_whatever_is_pressed(
    screens: Screens, monkeypatch: pytest.MonkeyPatch, deed: str, letter: str
) -> None:
    for name in ("refresh", "refresh_registers"):
        monkeypatch.setattr(f"connectors.snapshot.{name}", lambda *_: None)
    action, do = DONE[deed]
    wards = screens.of(ROLES[letter]).wards
    if letter in ACTIONS[action]:
        do(wards)
        return
    with pytest.raises(identity.NotAllowed):
        do(wards)
    assert wards.audited("refused")[-1][2] == {"action": action}


@pytest.mark.parametrize(
    "press",
    [
        lambda: intake._begin("x", None, None, (), dry_run=True, replace_sample=True),
        snapshots._begin_refresh,
    ],
    ids=["import", "refresh"],
)
@pytest.mark.parametrize(
    ("role", "unit"), [("leader", None), ("presenter", None), ("unit", None), ("reform", 1)]
)
def test_a_callback_of_somebody_who_may_not_begins_nothing(
    screens: Screens,
    monkeypatch: pytest.MonkeyPatch,
    role: str,
    unit: int | None,
    press: Callable[[], None],
) -> None:
    screens.of(role, unit)
    started: list[object] = []
    monkeypatch.setattr("ui.shell.jobs.start", lambda *given: started.append(given))
    press()
    assert started == []
    assert guarded.told() == identity.REFUSED


def test_an_import_concerns_all_units_so_a_reader_of_some_is_not_offered_it(
    screens: Screens,
) -> None:
    there = screens.of("reform", screens.wards.ours.unit)
    assert not _offers_import(there)
    app = there.open("data", batch=str(screens.wards.batch))
    assert "Lô nhập gần đây" not in [heading.value for heading in app.header]
    assert not any("rejected" in each.proto.id for each in app.get("download_button"))


# -- scope --------------------------------------------------------------------------------


def test_a_wards_pages_name_no_dossier_task_or_finding_of_another(screens: Screens) -> None:
    wards = screens.of("unit").wards
    codes = dict(wards.dossiers.select("code", "unit_id").iter_rows())
    own = f"Việc của {wards.ours.unit}"
    params = {"period": YEAR, "figure": "received", "when": "all"}
    text = "\n".join(everything(screens.open(screen.key, **params)) for screen in SCREENS)
    assert own in text
    assert f"TT-{wards.ours.unit}" in text
    for other in (f"Việc của {wards.theirs.unit}", f"TT-{wards.theirs.unit}"):
        assert other not in text
    seen = {code for code in codes if code in text}
    assert seen
    assert {codes[code] for code in seen} == {wards.ours.unit}


FORGED: Final[dict[str, tuple[str, dict[str, str], Callable[[Wards], str]]]] = {
    "unit": ("week", {}, lambda wards: str(wards.theirs.unit)),
    "unit above": ("units", {}, lambda wards: str(wards.city)),
    "units of late": ("late", {"figure": "received"}, lambda wards: str(wards.theirs.unit)),
    "units of units": ("units", {}, lambda wards: str(wards.theirs.unit)),
    "units of tasks": ("tasks", {"when": "all"}, lambda wards: str(wards.theirs.unit)),
    "units of inspections": ("inspections", {}, lambda wards: str(wards.theirs.unit)),
    "dossier": (
        "late",
        {"figure": "received"},
        lambda wards: str(wards.received_by(wards.theirs.unit)["dossier_id"]),
    ),
    "q": (
        "late",
        {"figure": "received"},
        lambda wards: wards.received_by(wards.theirs.unit)["code"],
    ),
    "officer": (
        "late",
        {"figure": "received"},
        lambda wards: str(
            wards.dossiers.filter(unit_id=wards.theirs.unit)["officer_id"].drop_nulls()[0]
        ),
    ),
    "task": ("tasks", {"when": "all"}, lambda wards: str(wards.theirs.task)),
    "finding": ("inspections", {}, lambda wards: str(wards.theirs.finding)),
    "value": ("reported", {}, lambda wards: str(wards.theirs.value)),
    "row of tasks": ("tasks", {"when": "all"}, lambda wards: f"task-{wards.theirs.task}"),
    "row of inspections": ("inspections", {}, lambda wards: f"finding-{wards.theirs.finding}"),
    "row of reported": ("reported", {}, lambda wards: f"indicator_value-{wards.theirs.value}"),
    "batch": ("data", {}, lambda wards: str(wards.batch)),
    "part": ("data", {}, lambda wards: "upload"),
    "account": ("admin", {}, lambda wards: "1"),
}
"""Parameter → page, other parameters, and a value that means something to others."""


_CLOCK: Final = re.compile(r'default: "[^"]*\d\d:\d\d"')


@pytest.mark.parametrize("name", FORGED)
def test_what_others_have_is_to_a_ward_what_nobody_has(screens: Screens, name: str) -> None:
    page, more, value_of = FORGED[name]
    key, value = name.split()[0], value_of(screens.of("unit").wards)
    more = {"period": YEAR, "asof": "2026-06-29T00:00", **more}
    forged = screens.open(page, **more, **{key: value})
    none = re.sub(r"\d+$", NONE, value) if key == "row" else NONE
    nobodys = screens.open(page, **more, **{key: none})
    # A form's usual moment is the clock's: the minute may have passed between the two.
    told, usual = (_CLOCK.sub("", everything(one)) for one in (forged, nobodys))
    told = told.replace(value, none) if key == "row" else told
    if key == "q":  # what was typed into the search box stands there
        told = told.replace(value, NONE).replace(value.replace("-", r"\\-"), NONE)
    assert told == usual


def test_a_ward_opens_what_it_has(screens: Screens) -> None:
    """What the test above types into the address opens, where it is one's own."""
    wards = screens.of("unit").wards
    row = wards.received_by(wards.ours.unit)
    opened = {
        row["code"]: ("late", {"figure": "received", "dossier": str(row["dossier_id"])}),
        f"Việc của {wards.ours.unit}": ("tasks", {"when": "all", "task": str(wards.ours.task)}),
        f"Thiếu ở {wards.ours.unit}": ("inspections", {"finding": str(wards.ours.finding)}),
        "so-rieng": ("reported", {"value": str(wards.ours.value)}),
        "Nhiệm vụ, dòng": ("tasks", {"when": "all", "row": f"task-{wards.ours.task}"}),
    }
    for sign, (page, params) in opened.items():
        here = screens.open(page, period=YEAR, **params)
        nobodys = {key: text if key in ("figure", "when") else re.sub(r"\d+$", NONE, text)
                   for key, text in params.items()}  # fmt: skip
        there = screens.open(page, period=YEAR, **nobodys)
        assert everything(here).count(sign) > everything(there).count(sign), page


def test_a_wards_address_stays_as_it_was(screens: Screens) -> None:
    """Its own unit's name stands for everything, and for nothing else in the list of units."""
    app = screens.of("unit").open("tasks", period=YEAR)
    assert len(app.selectbox(key="scope_unit").options) == 1
    app.run()
    assert "".join(app.query_params["period"]) == YEAR
    assert "unit" not in app.query_params


def test_a_dossier_of_others_is_tried_and_noted(screens: Screens) -> None:
    wards = screens.of("unit").wards
    number = wards.received_by(wards.theirs.unit)["dossier_id"]
    before = len(wards.audited("refused"))
    app = _late(screens, dossier=str(number))
    app.run()
    noted = [(subject, detail) for _, subject, detail in wards.audited("refused")[before:]]
    assert noted == [(f"hồ sơ {number}", {"action": "open_dossier"})]


def test_a_ward_writes_its_own_rows_and_no_others(screens: Screens) -> None:
    wards = screens.of("unit").wards
    writing.write(_news(wards.ours))
    writing.write(_fix(wards.ours))
    with pytest.raises(RegisterRefused):
        writing.write(_news(wards.theirs))
    with pytest.raises(RegisterRefused):
        writing.write(_fix(wards.theirs))
    with wards.engine.connect() as connection:
        written = connection.execute(
            select(TaskUpdate.by).where(TaskUpdate.task_id == wards.ours.task)
        ).scalars()
        assert writing.signature() in set(written)


def test_a_ward_mends_and_takes_back_its_own_news_and_no_others(screens: Screens) -> None:
    wards = screens.of("unit").wards
    own = writing.write(_news(wards.ours))
    said = {"task": wards.ours.task, "at": datetime(2026, 6, 5, tzinfo=UTC), "note": "Đã họp"}
    others = add(wards.engine, wards.settings, "task_update", said, **BY)  # type: ignore[arg-type]
    assert writing.may_amend("task_update", own)
    assert not writing.may_amend("task_update", others)
    writing.write([Entry("task_update", {"note": "Đã làm"}, {"id": own})])
    assert writing.withdraw("task_update", own, "ghi nhầm") == 1
    assert (writing.kept("task_update", own) or {})["withdrawn"] == "ghi nhầm"
    assert own in writing.withdrawn("task_update")["row_id"].to_list()
    # On the screen, too: it is brought back where it is open, and what others told is only read.
    app = screens.open("tasks", period=YEAR, when="all", row=f"task_update-{own}")
    next(each for each in app.button if each.label == "Khôi phục").click().run()
    assert not app.exception
    assert (writing.kept("task_update", own) or {})["withdrawn"] is None
    assert "Sửa lần cập nhật" in {each.label for each in app.expander}
    app = screens.open("tasks", period=YEAR, when="all", row=f"task_update-{others}")
    assert "Đã họp" in shown(app)
    assert "Sửa lần cập nhật" not in {each.label for each in app.expander}
    for deed in (
        lambda: writing.write([Entry("task_update", {"note": "x"}, {"id": others})]),
        lambda: writing.withdraw("task_update", others, "ghi nhầm"),
        lambda: writing.withdraw("task", wards.ours.task, "ghi nhầm"),
        lambda: writing.restore("task_update", others),
    ):
        with pytest.raises(identity.NotAllowed):
            deed()


# -- the presenter ------------------------------------------------------------------------


def test_a_presenter_opens_no_dossier_and_no_officer_by_address(screens: Screens) -> None:
    wards = screens.of("presenter").wards
    row = wards.received_by(wards.ours.unit)
    app = _late(screens, dossier=str(row["dossier_id"]), officer="1")
    warnings = [warning.value for warning in app.warning]
    assert warnings == [
        "Vai trò của bạn không mở từng hồ sơ.",
        "Vai trò của bạn không xem theo cán bộ.",
    ]
    assert "dossier" not in app.query_params
    assert "officer" not in app.query_params
    assert 'id="mo-dossier-' not in shown(app)


def test_no_screen_names_a_sensitive_procedure_to_a_presenter(screens: Screens) -> None:
    there = screens.of("presenter")
    names = there.wards.facts.procedures.filter("is_sensitive")["name"].to_list()
    params = {"period": YEAR, "figure": "received", "when": "all"}
    for screen in SCREENS:
        told = everything(there.open(screen.key, **params))
        assert [name for name in names if name in told] == [], screen.key


def test_links_to_few_dossiers_are_words_for_a_presenter(screens: Screens) -> None:
    def links(role: str) -> set[tuple[str, str]]:
        """Where the screen's links to dossiers lead, and the words that are linked."""
        there = shown(screens.of(role).open("units", unit=str(screens.wards.ours.unit)))
        return set(re.findall(r'<a[^>]*href="[^"]*(ho-so-tre-han[^"]*)"[^>]*>([^<]*)', there))

    all_of_them, of_presenter = links("leader"), links("presenter")
    few = {each for each in all_of_them if re.fullmatch("[1-4]", each[1].strip())}
    assert few
    assert of_presenter <= all_of_them - few


# -- owners -------------------------------------------------------------------------------


def _asked(app: AppTest, reason: str) -> AppTest:
    [field] = [one for one in app.text_input if one.label == "Lý do"]
    field.set_value(reason)
    [button] = [one for one in app.button if one.label == "Ghi lý do và xem"]
    return button.click().run()


def test_an_owner_is_shown_once_with_a_reason_that_the_audit_has(screens: Screens) -> None:
    wards = screens.of("unit").wards
    app = _panel(screens)
    name = "Người dân mẫu"
    assert name not in everything(app)

    before = len(wards.audited("reveal"))
    _asked(app, "xem")
    assert "Hãy ghi lý do" in app.error[0].value
    assert name not in everything(app)
    assert len(wards.audited("reveal")) == before

    _asked(app, "Gọi công dân bổ sung giấy tờ")
    assert name in shown(app)
    row = wards.received_by(wards.ours.unit)
    assert wards.audited("reveal")[before:] == [
        (
            f"unit-{wards.ours.unit}",
            f"hồ sơ {row['dossier_id']}",
            {"reason": "Gọi công dân bổ sung giấy tờ"},
        )
    ]
    kept = str(dict(app.session_state._state.filtered_state))
    assert name not in kept
    assert name not in str(app.query_params)
    app.run()
    assert name not in everything(app)
    assert "<b>Chủ hồ sơ:</b> N.D.M." in shown(app)


def test_the_tables_answer_as_the_program_does() -> None:
    for action, letters in ACTIONS.items():
        assert {role for role in ROLES.values() if may(role, action)} == {
            ROLES[letter] for letter in letters
        }


def test_codes_differ_from_ward_to_ward(wards: Wards) -> None:
    """What the tests above look for can be found: the database has both wards' codes."""
    with wards.engine.connect() as connection:
        for ward in (wards.ours, wards.theirs):
            found = connection.execute(
                select(func.count()).where(Dossier.resolving_unit_id == ward.unit)
            ).scalar_one()
            assert found > 50
    assert Path(wards.settings.data_dir).exists()
