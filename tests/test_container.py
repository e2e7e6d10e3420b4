"""The image and the compose file, looked at where no container engine is."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.settings import PROJECT_ROOT, Settings
from tests.containerfile import Instruction, instructions, is_sent

OPS = PROJECT_ROOT / "ops"
IMAGE = instructions((PROJECT_ROOT / "Containerfile").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((OPS / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRET = re.compile(r"key|pass|secret|token|database_url", re.IGNORECASE)
PINNED = re.compile(
    r"[\w./-]+:(\d+\.\d+(\.\d+)?(-\w+)?|bookworm-\d{8}-slim)(@sha256:[0-9a-f]{64})?"
)


def _of(name: str) -> list[Instruction]:
    return [one for one in IMAGE if one.name == name]


def test_every_image_is_pinned() -> None:
    named = [one.words[0] for one in _of("FROM")]
    named += [service["image"] for service in SERVICES.values()]
    assert [name for name in named if not PINNED.fullmatch(name)] == []
    declared = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert SERVICES["app1"]["image"] == f"dung-han:{declared['project']['version']}"


def test_what_is_copied_is_there_and_is_sent() -> None:
    ignored = (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8")
    copied = set[str]()
    for one in _of("COPY"):
        if not one.words[0].startswith("--from"):
            copied |= set(one.words[:-1])
    for name in copied:
        assert (PROJECT_ROOT / name).exists(), name
        assert is_sent(name, ignored), name
    for name in (".git/config", "var/dung-han.db", "ops/secrets/dung-han.env", "tests/oracle.py",
                 ".streamlit/secrets.toml", "ui/__pycache__/main.pyc"):  # fmt: skip
        assert not is_sent(name, ignored), name
    linter = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"app.py", *linter["tool"]["importlinter"]["root_packages"]} <= copied


def test_packages_come_from_the_lock_and_lists_do_not_stay() -> None:
    runs = [one.rest for one in _of("RUN")]
    (pip,) = (run for run in runs if "pip install" in run)
    assert "--require-hashes -r requirements.lock" in pip
    for run in runs:
        if "apt-get" in run:
            assert "apt-get update && apt-get install -y --no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists/*" in run
        assert not re.search(r"\bsudo\b|\|\s*(ba)?sh\b|chmod 777|apt-get upgrade", run)
    assert _of("ADD") == []
    for one in IMAGE:
        if one.name in ("CMD", "HEALTHCHECK", "ENTRYPOINT"):
            assert one.rest.split("CMD ")[-1].startswith("["), "no shell between"


def test_the_image_runs_as_nobody_in_particular_and_knows_no_secret() -> None:
    last = [one for one in IMAGE if one.stage == IMAGE[-1].stage]
    (user,) = (one.rest for one in last if one.name == "USER")
    assert int(user) > 0
    assert f"--uid {user} " in " ".join(one.rest for one in last if one.name == "RUN")
    (health,) = _of("HEALTHCHECK")
    assert "/readyz" in health.rest
    assert [
        one.rest for one in IMAGE if one.name in ("ENV", "ARG") and SECRET.search(one.rest)
    ] == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_closed_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"]) > 0
    assert not service.get("network_mode")
    for secret in service.get("secrets", []):
        assert secret in COMPOSE["secrets"]
    for value in (*service.get("environment", {}).items(),):
        assert not (SECRET.search(value[0]) and not str(value[1]).startswith("/run/secrets/"))
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert (OPS / source).exists() or source.startswith("./secrets/"), volume
            assert volume.endswith(":ro"), volume
        else:
            assert source in COMPOSE["volumes"]


def test_what_the_app_is_told_is_what_settings_know() -> None:
    known = {name.upper() for name in Settings.model_fields} | {"SETTINGS_FILE"}
    image = {word.split("=")[0] for one in _of("ENV") for word in one.words}
    assert set(SERVICES["app1"]["environment"]) <= known
    assert {name for name in image if not name.startswith("PYTHON")} <= known
    (data,) = (w for one in _of("ENV") for w in one.words if w.startswith("DATA_DIR="))
    assert f"data:{data.removeprefix('DATA_DIR=')}" in SERVICES["app1"]["volumes"]


def test_two_processes_behind_the_proxy_and_nothing_else_to_reach() -> None:
    inside = ipaddress.ip_network(COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"])
    assert COMPOSE["networks"]["inside"]["internal"] is True
    at = {name: SERVICES[name]["networks"]["inside"]["ipv4_address"]
          for name in ("app1", "app2", "proxy")}  # fmt: skip
    assert len(set(at.values())) == 3
    assert all(ipaddress.ip_address(one) in inside for one in at.values())
    assert SERVICES["app1"]["environment"]["PROXIES"] == at["proxy"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    whole = SERVICES["proxy"]["entrypoint"][-1]
    assert f"{at['app1']}:8501" in whole
    assert f"{at['app2']}:8501" in whole
    for name in ("app1", "app2"):
        assert SERVICES["proxy"]["depends_on"][name] == {"condition": "service_healthy"}
        assert "healthcheck" not in SERVICES[name], "the image's own"
    done = {"condition": "service_completed_successfully"}
    assert SERVICES["app2"]["depends_on"]["prepare"] == done


def test_nginx_reads_the_file_that_the_proxy_makes(tmp_path: Path) -> None:
    """The container's own command, on the shipped file, up to where it starts nginx."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or shutil.which("openssl") is None:
        pytest.skip("no nginx or openssl on this machine")
    pem = ("-keyout", f"{tmp_path}/privkey.pem", "-out", f"{tmp_path}/fullchain.pem")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", *pem]
    subprocess.run(made, check=True, capture_output=True)
    script = SERVICES["proxy"]["entrypoint"][-1].replace("$$", "$")
    script = script.replace("/etc/dung-han/nginx.conf", str(OPS / "nginx.conf"))
    script = script.replace("/etc/nginx/conf.d/default.conf", str(tmp_path / "site.conf"))
    begin, end = script.split("exec ")
    assert end.split()[0] == "nginx"
    subprocess.run(["/bin/sh", "-ec", begin], check=True, env={"SITE": "thu.example.vn"})
    site = (tmp_path / "site.conf").read_text(encoding="utf-8")
    assert len(re.findall(r"^ +server 172\.30\.57\.1[12]:8501;", site, re.MULTILINE)) == 2
    assert "server_name thu.example.vn;" in site
    for left in ("dung-han.example.vn", "127.0.0.1:850", "/var/log"):
        assert left not in re.sub("#.*", "", site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    site = site.replace("/etc/ssl/dung-han", str(tmp_path))
    (tmp_path / "whole.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ {places}\n{site}}}", encoding="utf-8"
    )
    words = [nginx, "-t", "-q", "-c", f"{tmp_path}/whole.conf", "-e", f"{tmp_path}/errors"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_of_secrets_or_a_floating_tag_would_be_found() -> None:
    assert not PINNED.fullmatch("debian:bookworm-slim")
    assert not PINNED.fullmatch("nginx")
    assert not PINNED.fullmatch("postgres:15")
    assert is_sent("a/b.py", "*\n!a\n")
    assert not is_sent("a/__pycache__/b.pyc", "*\n!a\n**/__pycache__\n")
    found = instructions('# x\nFROM a:1.2 AS b\nRUN one \\\n    && two\nCMD ["x"]\n')
    assert [(one.name, one.rest) for one in found][1] == ("RUN", "one && two")
