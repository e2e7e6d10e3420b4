"""A web hook: one POST of JSON, signed, to an address that the installation has allowed.

The headers are those of Standard Webhooks (``webhook-id``, ``webhook-timestamp``,
``webhook-signature``): libraries that check them exist. The id is the same at each try, so that a
receiver can tell a repetition. Nothing is followed, and of the answer only its code is believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from connectors.alerts.allowed import hook_problem
from connectors.alerts.bounds import bounds
from connectors.sending.mail import NotSent
from connectors.settings import Settings
from connectors.version import version


def signature(key: str, mark: str, stamp: int, body: bytes) -> str:
    """What a receiver computes again: HMAC-SHA256 of ``id.timestamp.body``, in base 64."""
    signed = b".".join((mark.encode(), str(stamp).encode(), body))
    digest = hmac.new(key.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def send(
    settings: Settings, url: str, mark: str, content: Mapping[str, Any], now: datetime
) -> None:
    """Hands a message to a web hook.

    Args:
        mark: the same for the same message. now: what the signature is dated with.

    Raises:
        NotSent: not allowed, no connection, too slow, or no answer that says it was taken.
    """
    problem = hook_problem(settings, url)
    if problem is not None:
        raise NotSent(problem)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    stamp = int(now.timestamp())
    signatures = (signature(key, mark, stamp, body) for key in settings.alert_hook_keys)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": mark,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signatures),
    }
    try:
        with (
            _client(settings) as client,
            client.stream("POST", url, content=body, headers=headers) as response,
        ):
            _read(response)
            code = response.status_code
    except httpx.TimeoutException as error:
        raise NotSent("Web hook không trả lời trong thời hạn.") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise NotSent(f"Không gửi được tới web hook: {type(error).__name__}.") from error
    if not 200 <= code < 300:
        more = ", nên không theo" if 300 <= code < 400 else ""
        raise NotSent(f"Web hook trả lời HTTP {code}{more}.")


def _client(settings: Settings) -> httpx.Client:
    limits = bounds()
    trusted = httpx.create_ssl_context(trust_env=False)
    trusted.load_default_certs()
    if settings.alert_hook_ca is not None:
        try:
            trusted.load_verify_locations(settings.alert_hook_ca)
        except (OSError, ssl.SSLError) as error:
            raise NotSent("ALERT_HOOK_CA: không đọc được chứng thư.") from error
    return httpx.Client(
        verify=trusted,
        trust_env=False,  # no proxy, no .netrc of whoever started the program
        follow_redirects=False,
        timeout=httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds),
        headers={"user-agent": f"dung-han/{version()}"},
    )


def _read(response: httpx.Response) -> None:
    """Of the answer no more than so much, and for no longer than so long."""
    limits, read = bounds(), 0
    until = time.monotonic() + limits.hook_seconds
    for part in response.iter_raw():
        read += len(part)
        if read > limits.answer_bytes or time.monotonic() > until:
            return
