"""Files that came with an answer: kept whole, bounded, within the scope, all or nothing."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from connectors import audit
from connectors.attached import Attached, Sent, _holds, attached, content, report, rules
from connectors.calling import Deed, act
from connectors.database.attached import TaskFile
from connectors.database.audit import Audit
from connectors.database.models import Unit
from connectors.database.registers import TABLES
from connectors.engine import Scope
from connectors.registers import Entry, RegisterRefused, withdraw
from connectors.settings import Settings

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
ALL = Scope(None)
PDF = b"%PDF-1.7\n%" + bytes(range(256))
PNG = bytes.fromhex("89504e470d0a1a0a") + b"rest"


def how(units: frozenset[int] | None = None) -> dict[str, Any]:
    return {
        "by": "Lan (lan)", "at": NOW, "actor": audit.Actor("lan"), "scope": Scope(units),
        "refresh_snapshot": False,
    }  # fmt: skip


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


@pytest.fixture
def asked(database: Engine, settings: Settings) -> tuple[int, int, int]:
    """The task that a ward was asked, the ward, another ward."""
    made = []
    with database.begin() as connection:
        for code in ("1", "2", "3"):
            values = {"scheme": "gso", "code": code, "name": f"Đơn vị {code}"}
            values |= {"kind": "commune", "level": "commune"}
            done = insert(Unit).values(**values).returning(Unit.id)
            made.append(int(connection.execute(done).scalar_one()))
    deed = Deed("explain", made[1], made[0], "Vì sao trễ", due_on=date(2026, 11, 30))
    return act(database, settings, deed, **how()), made[1], made[2]


def answer(database: Engine, task: int) -> Entry:
    with database.connect() as connection:
        query = select(TABLES["task"].c.programme_id).where(TABLES["task"].c.id == task)
        programme = connection.execute(query).scalar_one()
    values = {"programme": programme, "task": task, "at": NOW, "note": "Đã xử lý"}
    return Entry("task_update", {**values, "is_launched": True, "is_completed": True})


def kept(database: Engine) -> tuple[int, int]:
    """How many reports, how many files."""
    with database.connect() as connection:
        updates, files = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (TABLES["task_update"], TaskFile)
        )
    return updates, files


def test_files_come_back_as_they_were_sent(
    database: Engine, settings: Settings, asked: tuple[int, int, int]
) -> None:
    task, ward, other = asked
    word = archive("[Content_Types].xml", "word/document.xml")
    files = [Sent("Giải trình số 12.pdf", PDF), Sent("../../etc/Phụ lục.DOCX", word)]
    mine = how(frozenset({ward}))
    update = report(database, settings, answer(database, task), files, **mine)
    found = attached(database, [task], Scope(frozenset({ward})))[task]
    assert [(one.name, one.update, one.size) for one in found] == [
        ("Giải trình số 12.pdf", update, len(PDF)), ("Phụ lục.docx", update, len(word)),
    ]  # fmt: skip
    assert all(isinstance(one, Attached) for one in found)
    for one, given in zip(found, files, strict=True):
        got = content(database, one.id, Scope(frozenset({ward})))
        assert got == given.content
    assert [one.media.rpartition(".")[2] for one in found] == ["application/pdf", "document"]
    assert attached(database, [task], ALL)[task] == found

    # Another ward's account has none of it, whatever number it names.
    theirs = Scope(frozenset({other}))
    assert attached(database, [task], theirs) == {}
    assert [content(database, one.id, theirs) for one in found] == [None, None]
    assert attached(database, [task], Scope(frozenset())) == {}
    with database.connect() as connection:
        lines = list(connection.execute(select(Audit.subject, Audit.detail)))
    subjects = [subject for subject, _ in lines]
    assert subjects.count(f"Tệp kèm, nhiệm vụ {task}") == 2
    assert not any("Giải trình số 12" in (detail or "") for _, detail in lines)

    # A report that was withdrawn takes its files with it.
    withdraw(database, settings, "task_update", update, "Nhầm", **how())
    assert attached(database, [task], ALL) == {}
    assert content(database, found[0].id, ALL) is None


MOST = rules()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([Sent("a.exe", b"MZ")], "không phải tệp PDF"),
        ([Sent("a.pdf", b"<script>")], "không phải tệp PDF"),
        ([Sent("a.png", PDF)], "không phải tệp"),
        ([Sent("a", PDF)], "không phải tệp"),
        ([Sent("a.docx", archive("xl/workbook.xml"))], "không phải tệp"),
        ([Sent("a.docx", archive(*(f"{n}" for n in range(2000)), "word/document.xml"))], "không"),
        ([Sent("a.xlsx", b"PK\x03\x04" + b"\0" * 40)], "không phải tệp"),
        ([Sent("a.pdf", PDF + b"x" * MOST.bytes)], "lớn hơn 5 MB"),
        ([Sent("a.png", PNG)] * (MOST.files + 1), "nhiều nhất 3 tệp"),
        ([Sent("ok.png", PNG), Sent("a.pdf", b"")], "“a.pdf”: không phải tệp"),
    ],
)
def test_what_is_refused_writes_nothing(
    database: Engine,
    settings: Settings,
    asked: tuple[int, int, int],
    files: list[Sent],
    why: str,
) -> None:
    with pytest.raises(RegisterRefused, match=why):
        report(database, settings, answer(database, asked[0]), files, **how())
    assert kept(database) == (0, 0)


def test_a_report_that_is_refused_keeps_no_file(
    database: Engine, settings: Settings, asked: tuple[int, int, int]
) -> None:
    task, _, other = asked
    with pytest.raises(RegisterRefused):
        report(
            database, settings, answer(database, task), [Sent("a.pdf", PDF)],
            **how(frozenset({other})),
        )  # fmt: skip
    assert kept(database) == (0, 0)


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ("C:\\nhà\\báo cáo.PDF", "báo cáo.pdf"),
        ("....pdf", "tep.pdf"),
        ("a\u202efdp.pdf", "afdp.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_names_are_kept_without_paths_and_tricks(
    database: Engine, settings: Settings, asked: tuple[int, int, int], sent: str, held: str
) -> None:
    report(database, settings, answer(database, asked[0]), [Sent(sent, PDF)], **how())
    (one,) = attached(database, [asked[0]], ALL)[asked[0]]
    assert one.name == held


def test_of_an_archive_of_many_parts_no_list_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """54.000 parts fit into five megabytes, and their names took a second to read."""
    many = archive(*(f"{n}" for n in range(2000)), "word/document.xml")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert _holds(many, "word/document.xml") is False
