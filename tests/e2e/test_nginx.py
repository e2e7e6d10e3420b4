"""The shipped nginx before two processes of the app: what people behind it get."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from connectors.database.session import open_database
from connectors.settings import PROJECT_ROOT
from tests.conftest import missing
from tests.e2e import app_server as servers
from tests.e2e.app_server import AppServer, Installation
from tests.e2e.tls import certificate
from tests.signing_in import signed_in

COOKIE = "__Host-dung-han"


@dataclass(frozen=True)
class Site:
    """nginx, the address that people know, and the apps behind it."""

    url: str
    plain: int
    log: Path
    apps: list[AppServer]

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        """An answer, whatever its certificate."""
        if token is not None:
            headers["Cookie"] = f"{COOKIE}={token}"
        return httpx.get(f"{self.url}{path}", headers=headers, verify=False)

    def served_by(self, mark: str) -> set[str]:
        """The processes that got requests whose path has this in it."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return {line.split()[-1] for line in lines if mark in line}


def _configuration(folder: Path, ports: list[int], tls: int, plain: int) -> Path:
    """The shipped file, with this machine's ports, names and folders."""
    pem = certificate(folder)
    site = (PROJECT_ROOT / "ops" / "nginx.conf").read_text(encoding="utf-8")
    behind = "\n".join(f"    server 127.0.0.1:{port};" for port in ports)
    for old, new in (
        ("    server 127.0.0.1:8501;", behind),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{tls} ssl;"),
        ("dung-han.example.vn", "127.0.0.1"),
        ("/etc/ssl/dung-han/fullchain.pem", str(pem)),
        ("/etc/ssl/dung-han/privkey.pem", str(pem)),
        ("/var/log/nginx", str(folder)),
        ("$request_time';", "$request_time $upstream_addr';"),
        ("Host $host;", "Host $http_host;"),  # the port is not the ordinary one here
    ):
        assert old in site, old
        site = site.replace(old, new)
    site = re.sub(r"(?m)^ *listen \[::\].*\n", "", site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {folder}/pid; events {{ worker_connections 2048; }}\n"
        f"http {{ types {{ text/css css; text/javascript js; }}\n{places}{site}}}",
        encoding="utf-8",
    )
    return whole


@pytest.fixture(scope="module")
def site(
    few: Callable[[Path], Installation], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        missing("no nginx (Debian package nginx)", "REQUIRE_NGINX")
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    installation = few(tmp_path_factory.mktemp("behind"))
    tls, plain = _free(), _free()
    public = {"PUBLIC_URL": f"https://127.0.0.1:{tls}", "BEHIND_PROXY": "1"}
    with (
        servers.start(installation, public) as one,
        servers.start(installation, public) as two,
    ):
        ports = [urlsplit(app.url).port or 0 for app in (one, two)]
        whole = _configuration(folder, ports, tls, plain)
        with subprocess.Popen([nginx, "-c", whole, "-e", folder / "errors"]) as process:
            found = Site(public["PUBLIC_URL"], plain, folder / "dung-han.log", [one, two])
            try:
                _wait_for(tls, process)
                yield found
            finally:
                process.terminate()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise RuntimeError("nginx did not start")


def _token(site: Site, name: str) -> str:
    database = open_database(site.apps[0].installation.database_url)
    try:
        return signed_in(database, "leader", name=name)
    finally:
        database.dispose()


def test_a_browser_gets_its_screens_and_stays_with_one_process(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page(role=None, ignore_https_errors=True)
    page.goto(site.url)
    page.get_by_label("Tên đăng nhập").wait_for()
    token = _token(site, "lan")
    page.context.add_cookies(
        [{"name": COOKIE, "value": token, "url": site.url, "secure": True, "httpOnly": True}]
    )
    page.goto(site.url)
    expect(page.locator(".st-key-scopebar")).to_be_visible()
    expect(page.locator(".st-key-attention")).to_be_visible()
    kept = page.context.cookies()
    assert [one["name"] for one in kept if not one["secure"]] == []

    for number in range(16):
        site.get(f"/cua-lan-{number}?q=Nguyen", token)
        site.get(f"/cua-nguoi-{number}", _token(site, f"nguoi-{number}"))
    assert len(site.served_by("/cua-lan-")) == 1
    assert site.served_by("/cua-nguoi-") == {urlsplit(app.url).netloc for app in site.apps}
    assert "Nguyen" not in site.log.read_text(encoding="utf-8"), "may be a citizen's name"


def test_plain_http_leads_to_https(site: Site) -> None:
    answer = httpx.get(f"http://127.0.0.1:{site.plain}/don-vi?unit=1")
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://127.0.0.1/don-vi?unit=1"


def test_old_tls_and_ciphers_without_forward_secrecy_are_refused(site: Site) -> None:
    where = urlsplit(site.url)
    for version, ciphers, is_met in (
        (ssl.TLSVersion.TLSv1_3, None, True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", True),
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256", False),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AES:!AESGCM", False),
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)
        with socket.create_connection((where.hostname, where.port), timeout=20) as line:
            if is_met:
                context.wrap_socket(line).close()
            else:
                with pytest.raises(ssl.SSLError):
                    context.wrap_socket(line)


def test_the_programs_files_are_packed(site: Site) -> None:
    token = _token(site, "goi")
    page = site.get("/", token)
    assert page.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    script = re.search(r'src="\.?(/static/[^"]+\.js)"', page.text)
    assert script
    packed = site.get(script[1], token, **{"Accept-Encoding": "gzip"})
    assert packed.status_code == 200
    assert packed.headers["content-encoding"] == "gzip"


def test_what_is_of_the_machine_is_not_shown(site: Site) -> None:
    own = ("metrics", "script-health-check", "agent/x")
    for path in ("/metrics", "/khong", *(f"/_stcore/{name}" for name in own)):
        for token in (_token(site, "do"), None):
            answer = site.get(path, token)
            assert answer.status_code == 404
            assert "Không có trang nào ở địa chỉ này" in answer.text
    assert site.get("/readyz").json()["database"] is True  # from the machine itself


def test_what_the_proxy_refuses_itself_is_said_in_vietnamese(site: Site) -> None:
    long = site.get("/don-vi?q=" + "a" * 40_000)
    traced = httpx.request("TRACE", f"{site.url}/don-vi", verify=False)
    headed = site.get("/don-vi", **{"X-Long": "a" * 40_000})
    answers = (long, traced, headed)
    assert [answer.status_code for answer in answers] == [414, 405, 400]
    for answer in answers:
        assert "Hãy mở lại trang chủ" in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_plain_http_to_the_port_of_https_is_led_there(site: Site) -> None:
    answer = httpx.get(site.url.replace("https", "http") + "/don-vi")
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://127.0.0.1/don-vi"


def test_too_large_a_sign_in_is_refused_in_words(site: Site) -> None:
    answer = httpx.post(f"{site.url}/vao", content=b"a" * 20_000, verify=False)
    assert answer.status_code == 413
    assert "Hãy chia nhỏ tệp" in answer.text


def test_a_flood_of_sign_ins_is_told_to_wait(site: Site) -> None:
    where = urlsplit(site.url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    asked = (
        f"POST /vao HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 1\r\n"
        "Connection: close\r\n\r\na"
    ).encode()
    lines = []
    try:
        for _ in range(340):  # three hundred wait for their turn, ten a second
            line = context.wrap_socket(socket.create_connection((where.hostname, where.port), 20))
            lines.append(line)
            line.sendall(asked)
        answer = b""
        while part := lines[-1].recv(65536):
            answer += part
    finally:
        for line in lines:
            line.close()
    assert answer.startswith(b"HTTP/1.1 429")
    assert "Hãy đợi một phút rồi tải lại trang" in answer.decode()


def test_with_nobody_behind_it_says_so_in_vietnamese(site: Site) -> None:
    """Last: the apps are gone afterwards."""
    for app in site.apps:
        app.stop()
    answer = site.get("/don-vi")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "Đúng Hạn tạm thời không trả lời" in answer.text
