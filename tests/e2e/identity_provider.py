"""A small OpenID Connect provider: whoever asks is the person that the test has set."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey


@dataclass
class Provider:
    """Where it listens, and who it vouches for."""

    url: str
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    nonces: dict[str, str] = field(default_factory=dict)

    def id_token(self, code: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": "dung-han",
            "sub": "1",
            "iat": now,
            "exp": now + 600,
            "nonce": self.nonces.pop(code),
            **self.claims,
        }
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)


@contextmanager
def provider() -> Iterator[Provider]:
    """Runs a provider on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made = Provider(f"http://127.0.0.1:{server.server_port}")
    server.provider = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)


class _Handler(BaseHTTPRequestHandler):
    @property
    def _provider(self) -> Provider:
        found: Provider = self.server.provider  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        url = self._provider.url
        if at.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": url,
                    "authorization_endpoint": f"{url}/authorize",
                    "token_endpoint": f"{url}/token",
                    "jwks_uri": f"{url}/jwks",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )
        elif at.path == "/jwks":
            self._json(KeySet([self._provider.key]).as_dict(private=False))
        elif at.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(at.query).items()}
            assert asked["code_challenge_method"] == "S256"
            code = f"code-{len(self._provider.nonces)}-{time.monotonic_ns()}"
            self._provider.nonces[code] = asked["nonce"]
            answer = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{answer}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked = parse_qs(self.rfile.read(length).decode())
        token = self._provider.id_token(asked["code"][0])
        self._json({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def _json(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing to the console."""
