"""Where alerts may be sent to, when they keep quiet, and how a web hook is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.alerts import hook
from connectors.alerts.allowed import hook_problem, hooks, mail_domains, mail_problem
from connectors.alerts.bounds import bounds
from connectors.alerts.quiet import is_time, last_due, quiet_until
from connectors.settings import Settings, SettingsError

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
KEY = "khoa-de-thu-nghiem-khong-dung-that-01"
OPEN = {
    "smtp_host": "thu.example.gov.vn",
    "smtp_from": "dung-han@tinh.example.gov.vn",
    "public_url": "https://dung-han.example.gov.vn",
    "alert_hooks": "https://thongbao.example.gov.vn/hook/",
    "alert_hook_key": SecretStr(KEY),
}


def settings(**changed: object) -> Settings:
    return Settings(**(OPEN | changed))  # type: ignore[arg-type]


# -- e-mail ---------------------------------------------------------------------------------


def test_only_the_domains_that_the_installation_names_get_mail() -> None:
    own = settings()
    assert mail_domains(own) == ("tinh.example.gov.vn",)
    assert mail_problem(own, "lan@tinh.example.gov.vn") is None
    assert mail_problem(own, "lan@TINH.example.gov.vn") is None
    for address in ("lan@example.com", "lan@x.tinh.example.gov.vn", "a@b@tinh.example.gov.vn",
                    "lan", "", "lan@tinh.example.gov.vn, x@example.com",
                    "lan@tinh.example.gov.vn\r\nBcc: x@example.com"):  # fmt: skip
        assert mail_problem(own, address) is not None, address
    two = settings(alert_mail_domains="so.example.vn, @phuong.example.vn")
    assert mail_problem(two, "lan@phuong.example.vn") is None
    assert "so.example.vn" in (mail_problem(two, "lan@tinh.example.gov.vn") or "")


def test_without_a_server_or_an_address_of_the_app_there_is_no_mail() -> None:
    assert "SMTP_HOST" in (mail_problem(settings(smtp_host=""), "lan@tinh.example.gov.vn") or "")
    assert "PUBLIC_URL" in (mail_problem(settings(public_url=""), "lan@tinh.example.gov.vn") or "")


# -- web hooks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://thongbao.example.gov.vn/hook/",
        "https://thongbao.example.gov.vn/hook/phong-7?kenh=1",
        "https://THONGBAO.example.gov.vn:443/hook/a",
    ],
)
def test_what_begins_as_is_allowed_can_be_sent_to(url: str) -> None:
    assert hook_problem(settings(), url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://thongbao.example.gov.vn/hooks/a",
        "https://thongbao.example.gov.vn/hook/../admin",
        "https://thongbao.example.gov.vn/hook/%2e%2e/admin",
        "https://thongbao.example.gov.vn/hook/%2e%2e%2fadmin",
        "https://thongbao.example.gov.vn/hook/..%5cadmin",
        "https://thongbao.example.gov.vn/hook/..;/admin",
        "https://thongbao.example.gov.vn/hook/..;a=b/admin",
        "https://thongbao.example.gov.vn/hook/%252e%252e/admin",
        "https://thongbao.example.gov.vn/hook/..%253b/admin",
        "https://thongbao.example.gov.vn/hook/%25252525252e/admin",
        "https://thongbao.example.gov.vn\\@evil.example/hook/",
        "https://thongbao.example.gov.vn@evil.example/hook/",
        "https://x:y@thongbao.example.gov.vn/hook/",
        "https://thongbao.example.gov.vn.evil.example/hook/",
        "https://thongbao.example.gov.vn:8443/hook/",
        "http://thongbao.example.gov.vn/hook/",
        "https://169.254.169.254/hook/",
        "https://thongbao.example.gov.vn/hook/#a",
        "file:///etc/passwd",
        "https://thongbao.example.gov.vn/hook/ a",
        "https://thôngbáo.example.gov.vn/hook/",
        "https://[/hook/",
        "",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    assert hook_problem(settings(), url) is not None


def test_plain_http_goes_to_this_machine_only_and_where_it_is_named() -> None:
    here = settings(alert_hooks="http://127.0.0.1:9000/hook/")
    assert hook_problem(here, "http://127.0.0.1:9000/hook/a") is None
    assert hook_problem(here, "http://127.0.0.1:9001/hook/a") is not None
    assert hook_problem(settings(), "http://127.0.0.1:9000/hook/a") is not None
    with pytest.raises(SettingsError, match="ALERT_HOOKS"):
        hooks(settings(alert_hooks="http://10.0.0.7/hook/"))


def test_none_is_allowed_by_itself_and_none_goes_unsigned() -> None:
    assert "ALERT_HOOKS" in (hook_problem(Settings(), "https://a.example/") or "")
    unsigned = settings(alert_hook_key=None)
    url = "https://thongbao.example.gov.vn/hook/"
    assert "ALERT_HOOK_KEY" in (hook_problem(unsigned, url) or "")
    with pytest.raises(ValidationError, match="ALERT_HOOK_KEY"):
        settings(alert_hook_key=SecretStr("ngan"))


def test_the_signature_is_what_a_receiver_computes() -> None:
    body = '{"a":"Phường"}'.encode()
    expected = base64.b64encode(
        hmac.new(KEY.encode(), b"abc.1700000000." + body, hashlib.sha256).digest()
    ).decode()
    assert hook.signature(KEY, "abc", 1700000000, body) == f"v1,{expected}"


# -- quiet hours, digests --------------------------------------------------------------------


def _at(hour: int, minute: int = 0, day: int = 10) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "begin", "end", "until"),
    [
        (_at(20, 59), "21:00", "06:30", _at(20, 59)),
        (_at(21), "21:00", "06:30", _at(6, 30, 11)),
        (_at(23, 59), "21:00", "06:30", _at(6, 30, 11)),
        (_at(0), "21:00", "06:30", _at(6, 30)),
        (_at(6, 29), "21:00", "06:30", _at(6, 30)),
        (_at(6, 30), "21:00", "06:30", _at(6, 30)),
        (_at(12), "11:30", "13:00", _at(13)),
        (_at(13), "11:30", "13:00", _at(13)),
        (_at(12), "12:00", "12:00", _at(12)),
        (_at(12), None, None, _at(12)),
    ],
)
def test_quiet_hours_end_when_they_should(
    now: datetime, begin: str | None, end: str | None, until: datetime
) -> None:
    assert quiet_until(now, begin, end, ZONE) == until


TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), TIMES, TIMES)
def test_what_waits_goes_at_the_first_minute_that_is_not_quiet(
    moment: datetime, begin: time, end: time
) -> None:
    def is_quiet(at: datetime) -> bool:
        day = at.time()
        if begin <= end:
            return begin <= day < end
        return day >= begin or day < end

    now = moment.replace(second=0, microsecond=0)
    until = quiet_until(now.replace(tzinfo=ZONE), f"{begin:%H:%M}", f"{end:%H:%M}", ZONE)
    walk = now
    while is_quiet(walk):
        walk += timedelta(minutes=1)
    assert until == walk.replace(tzinfo=ZONE)


def test_the_digest_is_due_on_monday_at_seven() -> None:
    limits = bounds()
    monday = datetime(2026, 3, 9, 7, tzinfo=ZONE)
    for now, due in (
        (monday, monday),
        (monday - timedelta(seconds=1), monday - timedelta(days=7)),
        (monday + timedelta(days=6, hours=23), monday),
    ):
        found = last_due(now.astimezone(UTC), limits.digest_day, limits.digest_at, ZONE)
        assert found == due


def test_times_are_written_in_one_way() -> None:
    assert is_time("07:00")
    assert not any(is_time(text) for text in ("7:00", "24:00", "0700", "07:00:00", "", "bảy giờ"))
