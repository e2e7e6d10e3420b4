"""Whose word about an address is believed: a configured proxy's, and nobody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.addresses import address_of, networks, place_of
from connectors.settings import Settings, SettingsError, load_settings

PROXY = networks("127.0.0.1, ::1")
OFFICE = "203.0.113.7"


def _headers(**said: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in said.items()]


@given(st.ip_addresses(), st.text(st.characters(codec="latin-1"), max_size=60), st.ip_addresses())
def test_without_a_proxy_nothing_that_is_said_changes_the_address(
    connection: object, anything: str, other: object
) -> None:
    bare = address_of(str(connection), [], ())
    for said in (anything, str(other)):
        for name in ("x-real-ip", "x-forwarded-for", "forwarded"):
            headers = [(name.encode(), said.encode("latin-1"))]
            assert address_of(str(connection), headers, ()) == bare
            if not any(connection in network for network in PROXY):
                assert address_of(str(connection), headers, PROXY) == bare


@pytest.mark.parametrize(
    ("connection", "headers", "found"),
    [
        ("127.0.0.1", _headers(x_real_ip=OFFICE), OFFICE),
        ("::1", _headers(X_Real_IP=f" {OFFICE} "), OFFICE),
        ("::ffff:127.0.0.1", _headers(x_real_ip=OFFICE), OFFICE),
        # The proxy's own word comes before what it passed on.
        ("127.0.0.1", _headers(x_forwarded_for="198.51.100.1", x_real_ip=OFFICE), OFFICE),
        # Each proxy adds at the end: what stands before is the visitor's own writing.
        ("127.0.0.1", _headers(x_forwarded_for=f"10.9.9.9, {OFFICE}, 127.0.0.1"), OFFICE),
        (
            "127.0.0.1",
            [*_headers(x_forwarded_for="10.9.9.9"), *_headers(x_forwarded_for=OFFICE)],
            OFFICE,
        ),
        # What is no address, or two, counts for nothing.
        ("127.0.0.1", _headers(x_real_ip="khách"), "127.0.0.1"),
        ("127.0.0.1", _headers(x_forwarded_for=f"{OFFICE}, khách"), "127.0.0.1"),
        ("127.0.0.1", [*_headers(x_real_ip=OFFICE), *_headers(x_real_ip="1.1.1.1")], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        (None, _headers(x_real_ip=OFFICE), OFFICE),
        # Not from the proxy's address.
        ("10.0.0.9", _headers(x_real_ip=OFFICE, x_forwarded_for=OFFICE), "10.0.0.9"),
        ("testclient", _headers(x_real_ip=OFFICE), "testclient"),
        ("x" * 99, [], "x" * 64),
    ],
)
def test_a_proxys_word(
    connection: str | None, headers: list[tuple[bytes, bytes]], found: str
) -> None:
    assert address_of(connection, headers, PROXY) == found


def test_of_ipv6_the_network_is_one_place() -> None:
    assert place_of("2001:db8:1:2::1") == place_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert place_of("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert place_of("fe80::1%eth0") == "fe80::/64"
    assert place_of("::ffff:10.0.0.7") == "10.0.0.7"
    assert place_of("::1") == place_of("127.0.0.1") == "127.0.0.1"
    assert place_of("khách") is place_of(None) is None


def test_proxies_are_believed_only_where_one_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().trusted_proxies == ()
    assert Settings(behind_proxy=True).trusted_proxies == PROXY
    found = Settings(behind_proxy=True, proxies="10.0.0.0/24").trusted_proxies
    assert found == networks("10.0.0.0/24")
    monkeypatch.setenv("PROXIES", "10.0.0.1/24")
    with pytest.raises(SettingsError, match="PROXIES"):
        load_settings()


@pytest.mark.parametrize(
    ("public_url", "behind_proxy", "hides"),
    [("", False, False), ("https://a.vn", False, True), ("http://a.vn", False, True),
     ("https://a.vn", True, False)],
)  # fmt: skip
def test_a_proxy_that_nobody_told_of(public_url: str, behind_proxy: bool, hides: bool) -> None:
    assert Settings(public_url=public_url, behind_proxy=behind_proxy).hides_addresses is hides
