"""Reports that go out by themselves, to a real mail server that refuses, hangs up and forgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from connectors.audit import Actor
from connectors.sending import deliveries
from connectors.sending.deliveries import Made
from connectors.settings import Settings
from reports import schedules
from reports import timer as module
from reports.blocks import Head, Report
from reports.material import Material
from reports.registry import Declared
from reports.schedules import Unsendable, last_whole
from reports.timer import Timer
from tests.mail_server import Post, serving
from tests.reports.conftest import Office
from tests.signing_in import signed_in

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2025, 6, 9, 0, 30, tzinfo=UTC)
"""07:30 on Monday, 9 June 2025 in Viet Nam."""
LINE = "HS-1,03/06/2025 08:00,10/06/2025 16:00,09/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001"


@pytest.fixture
def post(tmp_path: Path) -> Iterator[tuple[Post, int, Path]]:
    with serving(tmp_path) as server:
        yield server


def _make(material: Material) -> Report:
    asked = material.asked
    seen = ",".join(str(unit) for unit in sorted(asked.units or ()))
    head = Head(f"Thử {seen}", asked.whose, asked.period.label, "", "", asked.source)
    return Report("thu", head, ())


@pytest.fixture
def set_up(
    office: Office,
    post: tuple[Post, int, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., tuple[Timer, Settings]]]:
    """A timer over an office whose file sends a small report."""
    office.take(LINE)
    declared = Declared("thu", "Thử", _make, ("pdf",))
    monkeypatch.setattr(module, "REPORTS", {"thu": declared})
    monkeypatch.setattr(schedules, "REPORTS", {"thu": declared})
    monkeypatch.setattr(module, "render", lambda report, _: report.head.title.encode())
    _, port, pem = post
    made: list[Timer] = []

    def make(receivers: str, more: str = "", **changed: Any) -> tuple[Timer, Settings]:
        file = tmp_path / "gui.toml"
        file.write_text(
            f'[[sending]]\nname = "giao-ban"\nreport = "thu"\n{more}\nreceivers = [{receivers}]\n',
            encoding="utf-8",
        )
        own = {
            "sending_file": file,
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_from": "dung-han@ubnd.example",
            "smtp_ca": pem,
        }
        settings = office.settings.model_copy(update=own | changed)
        made.append(Timer(settings, office.database))
        return made[-1], settings

    yield make
    for each in made:
        each.end()


def _states(office: Office) -> list[tuple[str, str]]:
    return [(one.receiver, one.state) for one in deliveries.recent(office.database)]


def _one(office: Office) -> Made:
    (found,) = deliveries.recent(office.database)
    return found


LEADER = '{ account = "lanh-dao", address = "lanh-dao@ubnd.example" }'


def test_each_receiver_gets_what_the_account_may_see_once(
    office: Office, set_up: Callable[..., tuple[Timer, Settings]], post: Any, tmp_path: Path
) -> None:
    units = {name: unit for unit, name in _units(office).items()}
    signed_in(office.database, "leader", name="lanh-dao")
    signed_in(office.database, "unit", name="ha-dong", unit_id=units["Phường Hà Đông"])
    ward = '{ account = "ha-dong", address = "ha-dong@ubnd.example" }'
    folder = tmp_path / "bao-cao"
    folder.mkdir()
    timer, settings = set_up(f"{LEADER}, {ward}", f'folder = "{folder}"')
    other = Timer(settings, office.database)
    assert timer.turn(MONDAY) == 3
    assert other.turn(MONDAY) == 0
    assert timer.turn(MONDAY + timedelta(minutes=1)) == 0
    timer.end()
    assert other.turn(MONDAY + timedelta(hours=3)) == 0  # after a restart, too
    other.end()
    mind = post[0]
    told = {one["To"]: one for one in mind.came}
    assert set(told) == {"lanh-dao@ubnd.example", "ha-dong@ubnd.example"}
    theirs = told["ha-dong@ubnd.example"]
    (file,) = theirs.iter_attachments()
    assert file.get_content() == f"Thử {units['Phường Hà Đông']}".encode()
    # What a ward gets is called by its name, not "all units".
    assert file.get_filename() == "thu-phuong-ha-dong-week-2025-W23.pdf"
    assert theirs["Subject"].endswith("– Phường Hà Đông")
    (whole,) = told["lanh-dao@ubnd.example"].iter_attachments()
    assert whole.get_content() == "Thử ".encode()
    assert "Tuần 23" in theirs.get_body().get_content()
    assert [path.name for path in folder.iterdir()] == ["thu-tat-ca-don-vi-week-2025-W23.pdf"]
    assert {state for _, state in _states(office)} == {"sent"}
    # The next week is another delivery; what was missed before is not made up more than once.
    assert timer.turn(MONDAY + timedelta(days=21)) == 3


def _units(office: Office) -> dict[int, str]:
    from connectors.engine import Scope, open_facts
    from metrics.core.names import unit_names

    return unit_names(open_facts(office.settings, Scope(None)).units)


def test_a_refused_message_is_tried_again_later_and_not_for_ever(
    office: Office, set_up: Callable[..., tuple[Timer, Settings]], post: Any
) -> None:
    signed_in(office.database, "leader", name="lanh-dao")
    timer, _ = set_up(LEADER)
    post[0].answers += ["451 later"]
    assert timer.turn(MONDAY) == 1
    found = _one(office)
    assert (found.state, found.attempts) == ("waiting", 1)
    assert "451" in (found.error or "")
    assert timer.turn(MONDAY + timedelta(seconds=30)) == 0
    assert timer.turn(MONDAY + timedelta(minutes=2)) == 1
    assert _one(office).state == "sent"
    assert len(post[0].came) == 1


def test_a_server_that_hangs_up_after_the_text_is_not_sent_it_twice(
    office: Office, set_up: Callable[..., tuple[Timer, Settings]], post: Any
) -> None:
    signed_in(office.database, "leader", name="lanh-dao")
    timer, _ = set_up(LEADER)
    post[0].answers += ["hang up after"]
    assert timer.turn(MONDAY) == 1
    assert _one(office).state == "unsure"
    for hours in (1, 24, 100):
        assert timer.turn(MONDAY + timedelta(hours=hours)) == 0
    assert len(post[0].came) == 1
    # A person who has asked the receiver has it sent again: with the same Message-ID.
    assert deliveries.again(office.database, _one(office).id, MONDAY, Actor("Lan"))
    assert timer.turn(MONDAY + timedelta(hours=101)) == 1
    assert len({one["Message-ID"] for one in post[0].came}) == 1
    assert not deliveries.again(office.database, _one(office).id, MONDAY, Actor("Lan"))


def test_a_process_that_died_while_sending_leaves_it_unsure(
    office: Office, set_up: Callable[..., tuple[Timer, Settings]], post: Any
) -> None:
    signed_in(office.database, "leader", name="lanh-dao")
    timer, _ = set_up(LEADER)
    assert timer.is_due(MONDAY)
    assert deliveries.begin(office.database, _one(office), MONDAY)
    assert not deliveries.begin(office.database, _one(office), MONDAY)
    assert timer.turn(MONDAY + timedelta(hours=1)) == 0
    assert _one(office).state == "unsure"
    assert not post[0].came


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"smtp_host": ""}, "SMTP_HOST"),
        ({"smtp_port": 1}, "Không gửi được"),
        ({"smtp_ca": None}, "Không gửi được"),  # a certificate that nobody vouches for
        ({"smtp_user": "x", "smtp_password": SecretStr("y")}, "Không gửi được"),
    ],
)
def test_what_keeps_a_message_from_leaving_is_told(
    office: Office,
    set_up: Callable[..., tuple[Timer, Settings]],
    post: Any,
    changed: dict[str, Any],
    said: str,
) -> None:
    signed_in(office.database, "leader", name="lanh-dao")
    timer, _ = set_up(LEADER, **changed)
    assert timer.turn(MONDAY) == 1
    assert said in (_one(office).error or "")
    assert not post[0].came


def test_who_may_no_longer_gets_nothing(
    office: Office, set_up: Callable[..., tuple[Timer, Settings]], post: Any, tmp_path: Path
) -> None:
    signed_in(office.database, "presenter", name="trinh-chieu")
    timer, _ = set_up(
        '{ account = "trinh-chieu", address = "a@ubnd.example" },'
        '{ account = "khong-co", address = "b@ubnd.example" }',
        f'folder = "{tmp_path / "khong-co"}"',
    )
    assert timer.turn(MONDAY) == 3
    told = {one.receiver: one.error or "" for one in deliveries.recent(office.database)}
    assert "không được tải" in told["trinh-chieu"]
    assert "Không có tài khoản" in told["khong-co"]
    assert told[""]
    assert not post[0].came


def test_the_period_is_the_last_whole_one() -> None:
    assert last_whole("week", MONDAY, ZONE).token == "week:2025-W23"
    assert last_whole("month15", MONDAY, ZONE).token == "month15:2025-05"
    # At 07:00 of the day at whose noon a local month ends it is not over yet.
    for hour, month in ((0, "04"), (5, "05")):
        at = datetime(2025, 5, 25, hour, tzinfo=UTC)
        assert last_whole("local:tphcm-1022", at, ZONE).token == f"local:tphcm-1022:2025-{month}"
    with pytest.raises(Unsendable, match="loại kỳ"):
        last_whole("fortnight", MONDAY, ZONE)


def test_one_whose_process_dies_in_the_making_each_time_is_given_up(office: Office) -> None:
    deliveries.expect(office.database, "giao-ban", MONDAY, ["lanh-dao"], MONDAY)
    at, tries = MONDAY, 0
    while found := deliveries.ready(office.database, at):
        tries += deliveries.take(office.database, found[0], at)
        assert not deliveries.take(office.database, found[0], at)  # by nobody else meanwhile
        at += deliveries.UNFINISHED
    assert tries == 6
    assert (_one(office).state, "dừng nhiều lần" in (_one(office).error or "")) == ("failed", True)
