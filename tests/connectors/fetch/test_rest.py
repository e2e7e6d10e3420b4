"""A web service: every way of paging, and whatever it does wrong, each record comes once."""

from __future__ import annotations

import contextlib
import logging
import random
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine, text

from connectors.fetch import bounds
from connectors.fetch.rest import open_rest
from connectors.fetch.run import fetch
from connectors.intake import ImportReport, IntakeRefused, MappingError, load_mapping
from connectors.settings import Settings
from tests.connectors.fetch.service import Params, Service, breaks_off, says
from tests.connectors.intake.conftest import add_catalogue, dossiers

MAPPING = """
[source]
code = "dich-vu"
name = "Dịch vụ thử"
[file]
format = "jsonl"
records = "data"
[columns]
code = "ma"
received_at = "nhan"
due_at = "hen"
ended_at = "xong"
[constants]
end_kind = "result"
[units.resolving]
column = "don_vi"
"""
RECORDS = [
    {
        "ma": f"HS-{number}",
        "nhan": "2025-06-05 08:00:00",
        "hen": "2025-06-10 16:00:00",
        "don_vi": "09556",
        "sua": f"2025-06-05T{number // 60:02}:{number % 60:02}:00+07:00",
    }
    for number in range(25)
]
ZONE = "Asia/Ho_Chi_Minh"


def by_page(params: Params) -> Any:
    page, size = int(params["page"]), int(params.get("size", 10))
    return {"data": RECORDS[(page - 1) * size : page * size]}


@pytest.fixture
def made(tmp_path: Path) -> Callable[[str, str], Path]:
    def make(url: str, settings: str) -> Path:
        path = tmp_path / "dich-vu.toml"
        path.write_text(f'{MAPPING}\n[rest]\nurl = "{url}"\n{settings}', encoding="utf-8")
        return path

    return make


def codes(path: Path, since: str | None = None, waits: list[float] | None = None) -> list[str]:
    """What comes of a service, in its order."""
    wait = (waits if waits is not None else []).append
    with open_rest(load_mapping(path), since, zone=ZONE, wait=wait) as incoming:
        return [code for frame in incoming.main.frames for code in frame["ma"]]


EVERY = [record["ma"] for record in RECORDS]
PAGED = 'paging = "page"\nsize_param = "size"\npage_size = 10'


def _cursor(params: Params) -> Any:
    at = int(params.get("cursor", 0))
    return {"data": RECORDS[at : at + 10], "meta": {"next": at + 10 if at < 20 else None}}


def _link(params: Params) -> Any:
    at = int(params.get("at", 0))
    return {"data": RECORDS[at : at + 10], "next": f"/ho-so?at={at + 10}" if at < 20 else ""}


@pytest.mark.parametrize(
    ("usual", "settings"),
    [
        (lambda _: {"data": RECORDS}, ""),
        (lambda _: RECORDS, ""),
        (by_page, PAGED),
        (lambda p: {"data": RECORDS[int(p["at"]) :][:7]}, 'paging = "offset"\npage_param = "at"'),
        (_cursor, 'paging = "next"\nnext = "meta.next"\npage_param = "cursor"'),
        (_link, 'paging = "next"\nnext = "next"'),
        (lambda p: by_page({"page": str(min(int(p["page"]), 3))}), 'paging = "page"'),
        (by_page, f'method = "POST"\n{PAGED}'),
    ],
    ids=["whole", "array", "page", "offset", "cursor", "link", "last page for ever", "post"],
)
def test_every_way_of_paging(
    usual: Callable[[Params], Any], settings: str, made: Callable[[str, str], Path]
) -> None:
    with Service(usual) as service:
        assert codes(made(service.url, settings)) == EVERY


def test_the_header_names_the_next_page(made: Callable[[str, str], Path]) -> None:
    def next_of(params: Params) -> Params:
        at = int(params.get("at", 0)) + 10
        return {"link": f'<?at={at}>; rel="next"'} if at < 30 else {}

    with Service(_link, more_headers=next_of) as service:
        assert codes(made(service.url, 'paging = "next"')) == EVERY


def test_whatever_fails_is_asked_again(
    made: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = replace(bounds.rest(), read_seconds=0.2)
    monkeypatch.setattr(bounds, "rest", lambda: impatient)
    silent = threading.Event()
    late = datetime.now(UTC) + timedelta(seconds=100)
    answers = [
        says(503),
        breaks_off,
        says(200, b'{"data": [1'),
        None,
        says(429, retry_after="7"),
        says(429, retry_after=f"{late:%a, %d %b %Y %H:%M:%S GMT}"),
        lambda _: silent.wait(5),
        None,
        says(200, b"<html>", content_encoding="gzip"),
    ]
    waits = list[float]()
    with Service(by_page, answers=answers) as service:  # type: ignore[arg-type]
        assert codes(made(service.url, PAGED), waits=waits) == EVERY
        silent.set()
    assert len(waits) == 7
    assert 1 <= waits[0] <= 1.25 < 2 <= waits[1] <= 2.5 < 4 <= waits[2] <= 5
    assert waits[3] == 7
    assert 90 < waits[4] <= 100


def test_records_that_move_between_pages_are_not_missed(made: Callable[[str, str], Path]) -> None:
    """A record that is changed goes to the end, and the first of the next page to this one."""
    rows = list(RECORDS)

    def usual(params: Params) -> Any:
        if len(service.asked) == 2:
            rows.append(rows.pop(0))
        page = int(params["page"])
        return {"data": rows[(page - 1) * 10 : page * 10], "total": len(rows)}

    with Service(usual) as service:
        found = codes(made(service.url, 'paging = "page"\ntotal = "total"'))
    assert sorted(found) == sorted(EVERY)


def test_records_said_again_and_in_any_order_come_once(
    made: Callable[[str, str], Path],
) -> None:
    chance = random.Random(7)

    def usual(params: Params) -> Any:
        page = by_page(params)["data"] if int(params["page"]) < 4 else []
        said = [*page, *(chance.sample(RECORDS[:10], 3) if page else [])]
        chance.shuffle(said)
        return {"data": said}

    with Service(usual) as service:
        found = codes(made(service.url, PAGED))
    assert sorted(found) == sorted(EVERY)


def test_fewer_than_the_service_counts_are_told_and_the_mark_stays(
    made: Callable[[str, str], Path],
) -> None:
    settings = 'total = "total"\nwatermark = "sua"'
    with Service(lambda _: {"data": RECORDS, "total": 26}) as service:
        path = made(service.url, settings)
        with open_rest(load_mapping(path), "2025-01-01T00:00:00+00:00", zone=ZONE) as incoming:
            assert "26 bản ghi nhưng chỉ đưa 25" in incoming.warnings[-1]
            assert incoming.watermark is not None
            assert incoming.watermark.text() == "2025-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("answer", "settings", "told"),
    [
        (says(401), "", "không cho đọc"),
        (says(404), "", "HTTP 404"),
        (says(302, location="http://127.0.0.1:9/"), "", "chuyển hướng"),
        (says(200, {"loi": "sai mã"}), "", "không có danh sách bản ghi"),
        (says(200, "x"), "", "không phải đối tượng hay danh sách"),
        (says(200, b"[" * 100_000), "", "không phải JSON trọn vẹn, sau 6 lần"),
        (says(200, b'"' + b"x" * 3000 + b'"'), "", "lớn hơn"),
        (
            says(200, {"data": [1], "next": "http://127.0.0.1:9/x"}),
            'paging = "next"\nnext = "next"',
            "máy chủ khác",
        ),
    ],
)
def test_what_is_refused(
    answer: Any,
    settings: str,
    told: str,
    made: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MA_THU", "bi-mat-khong-ke")
    if told == "lớn hơn":
        small = replace(bounds.rest(), page_bytes=2000)
        monkeypatch.setattr(bounds, "rest", lambda: small)
    caplog.set_level(logging.DEBUG)
    with Service(lambda _: None, answers=[answer] * 6) as service:
        path = made(service.url, f'token = "env:MA_THU"\n{settings}')
        with pytest.raises(IntakeRefused) as refused:
            codes(path)
    assert told in str(refused.value)
    assert "Chưa có gì được ghi" in str(refused.value)
    assert service.headers[0]["authorization"] == "Bearer bi-mat-khong-ke"
    assert "bi-mat" not in f"{refused.value} {caplog.text}"


def test_a_token_that_is_not_set_is_named(made: Callable[[str, str], Path]) -> None:
    path = made("https://127.0.0.1:9/", 'token = "env:MA_CHUA_DAT"')
    with pytest.raises(MappingError, match="MA_CHUA_DAT"):
        codes(path)


def test_nothing_new_is_no_fault(made: Callable[[str, str], Path]) -> None:
    with Service(lambda _: {"data": None, "total": 0}) as service:
        assert codes(made(service.url, 'total = "total"')) == []


def test_a_stranger_with_a_certificate_of_his_own_is_not_believed(
    made: Callable[[str, str], Path], tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(),
        now - timedelta(days=1), now + timedelta(days=1),
    )  # fmt: skip
    host = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    builder = builder.add_extension(host, critical=False)
    authority = tmp_path / "ca.pem"
    authority.write_bytes(
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    own = tmp_path / "khoa.pem"
    own.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, own)
    with Service(lambda _: RECORDS) as service:
        service.server.socket = context.wrap_socket(service.server.socket, server_side=True)
        url = service.url.replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(IntakeRefused, match="không được tin cậy"):
            codes(made(url, ""))
        assert codes(made(url, f'ca_file = "{authority}"')) == EVERY


# -- as a whole ----------------------------------------------------------------------------

FOLLOWED = f'{PAGED}\nwatermark = "sua"\nwatermark_param = "tu"'


@pytest.fixture
def pulled(
    sqlite_database: Engine, settings: Settings, made: Callable[[str, str], Path]
) -> Callable[..., ImportReport]:
    add_catalogue(sqlite_database)

    def go(service: Service, more: str = "", **how: Any) -> ImportReport:
        path = made(service.url, f"{FOLLOWED}\n{more}")
        none: dict[str, Any] = {"refresh_snapshot": False, "wait": lambda _: None}
        report = fetch(sqlite_database, settings, path, **none | how).pulled
        assert report is not None
        return report

    return go


def test_only_what_is_new_is_asked_for_and_a_failed_fetch_moves_no_mark(
    pulled: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    with Service(by_page) as service:
        service.answers = [None, None, *[says(500)] * 6]
        with pytest.raises(IntakeRefused, match="HTTP 500"):
            pulled(service)
        assert dossiers(sqlite_database) == {}
        first = pulled(service)
        assert (first.rows_read, first.rows_inserted, first.file_name) == (25, 25, None)
        assert first.watermark == "2025-06-04T17:24:00+00:00"
        assert "tu" not in service.asked[-1]
        asked = len(service.asked)
        again = pulled(service)
        assert service.asked[asked]["tu"] == "2025-06-05T00:14:00+07:00"
        assert (again.rows_inserted, again.rows_changed) == (0, 0)
        for form, text_ in (("epoch", "1749057240"), ("dd/MM/yyyy HH:mm", "05/06/2025 00:14")):
            pulled(service, f'watermark_format = "{form}"')
            assert service.asked[-1]["tu"] == text_


def test_of_two_versions_the_later_counts_whatever_the_order(
    pulled: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    later = RECORDS[3] | {"sua": "2025-06-09T10:00:00+07:00", "xong": "2025-06-09 09:00:00"}
    ahead = RECORDS[4] | {"ma": "HS-X", "sua": "2099-01-01T00:00:00+07:00"}
    said = [later, *RECORDS[:10], ahead]
    with Service(lambda p: {"data": said if p["page"] == "1" else []}) as service:
        report = pulled(service)
    assert (report.rows_inserted, report.rows_rejected) == (11, 0)
    assert report.watermark == "2025-06-09T03:00:00+00:00", "one from the future moves no mark"
    assert dossiers(sqlite_database)["HS-3"].ended_at is not None


def test_the_batch_knows_its_mapping_and_the_audit_the_pull(
    pulled: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    with Service(by_page) as service:
        pulled(service)
    with sqlite_database.connect() as connection:
        assert connection.execute(text("SELECT kind, mapping FROM import_batch")).all() == [
            ("pull", "dich-vu")
        ]
        assert connection.execute(text("SELECT action FROM audit")).scalar_one() == "pull"


class Moving:
    """A service whose records change, in whatever order, while they are asked for."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.rows = dict[str, dict[str, str]]()
        self.moment = datetime(2025, 6, 5, tzinfo=UTC)
        self.still = False
        self.change()

    def change(self) -> None:
        for _ in range(self.chance.randint(1, 25)):
            self.moment += timedelta(seconds=self.chance.choice((0, 1, 30, 400)))
            number = self.chance.randint(0, len(self.rows))
            self.rows[f"H{number}"] = RECORDS[0] | {
                "ma": f"H{number}",
                "sua": self.moment.isoformat(),
                "hen": f"2025-07-{self.chance.randint(1, 28):02} 16:00:00",
            }

    def answer(self, params: Params) -> Any:
        if not self.still and self.chance.random() < 0.15:
            self.change()
        since = datetime.fromisoformat(params.get("tu", "2000-01-01T00:00:00+00:00"))
        new = [r for r in self.rows.values() if datetime.fromisoformat(r["sua"]) >= since]
        new.sort(key=lambda row: (row["sua"], row["ma"]))
        at = (int(params["page"]) - 1) * 7
        said = new[at : at + 7]
        self.chance.shuffle(said)
        return {"data": said, "total": len(new)}


@pytest.mark.parametrize(
    "seed", [3, *(pytest.param(s, marks=pytest.mark.proof) for s in range(20))]
)
def test_whatever_moves_fails_and_is_said_again_everything_comes_as_it_is_last(
    seed: int, pulled: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    source = Moving(seed)
    faults = (says(503), says(429), breaks_off, says(200, b'{"data": ['), None, None, None, None)
    with Service(source.answer) as service:
        for _ in range(3):
            source.change()
            service.answers = [source.chance.choice(faults) for _ in range(40)]
            with contextlib.suppress(IntakeRefused):
                pulled(service, 'total = "total"')
        service.answers, source.still = [], True
        pulled(service, 'total = "total"')
    local = timedelta(hours=7)
    taken = {code: row.due_at + local for code, row in dossiers(sqlite_database).items()
             if row.due_at is not None}  # fmt: skip
    assert {code: f"{due:%Y-%m-%d %H:%M:%S}" for code, due in taken.items()} == {
        code: row["hen"] for code, row in source.rows.items()
    }
