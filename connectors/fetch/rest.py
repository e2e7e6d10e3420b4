"""A web service that answers with JSON: its pages become one local file, which is then read.

Nothing is written to the database before the last page is here. A page that fails is asked for
again; a service that moves its records about while it is asked is asked twice.
"""

from __future__ import annotations

import json
import os
import random
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from pathlib import Path
from tempfile import gettempdir
from typing import IO, Any, Final, cast
from urllib.parse import urljoin

import httpx
import polars as pl

from connectors.disk import check_room
from connectors.fetch import bounds
from connectors.intake import paths
from connectors.intake.fetch_kinds import RestSettings
from connectors.intake.formats import own
from connectors.intake.inputs import Incoming, Watermark, comparable, no_rows, open_file
from connectors.intake.json_rows import unwrapped
from connectors.intake.mapping import Mapping, MappingError
from connectors.intake.moments import MomentReader
from connectors.intake.readers import cell
from connectors.intake.report import IntakeRefused
from connectors.parsing import bounds as reading
from connectors.settings import SettingsError, variable
from connectors.version import version
from connectors.workspace import WorkingFolder

Wait = Callable[[float], None]
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOOK: Final = 20


@contextmanager
def open_rest(
    mapping: Mapping, since: str | None, *, zone: str, wait: Wait = time.sleep
) -> Iterator[Incoming]:
    """The records of a service at or after the watermark ``since`` (None: all).

    ``zone``: the installation's. ``wait``: sleeps so many seconds between two attempts. Raises
    IntakeRefused (Vietnamese); neither the token nor an answer's content is ever repeated.
    """
    assert mapping.rest is not None
    assert mapping.file is not None
    with WorkingFolder() as folder:
        path = folder.path / "ban-ghi.jsonl"
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w", encoding="utf-8") as out:
            fetch = _Fetch(mapping, mapping.rest, zone, since, out, wait)
            fetch.run()
        # A record a line, whatever it was wrapped in.
        lines = mapping.model_copy(update={"file": mapping.file.model_copy(update={"records": ()})})
        if not fetch.found:
            yield _as_pull(no_rows(mapping), fetch)
            return
        with open_file(path, lines, None) as incoming:
            yield _as_pull(incoming, fetch)


def _as_pull(incoming: Incoming, fetch: _Fetch) -> Incoming:
    incoming.file_name = incoming.file_sha256 = None
    incoming.watermark = fetch.watermark
    incoming.warnings += fetch.warnings
    return incoming


@dataclass(slots=True)
class _Again(Exception):
    """An attempt that failed in a way that may pass; ``after``: seconds the service asks for."""

    why: str
    after: float | None = None


class _Fetch:
    """One fetch of a service."""

    def __init__(
        self,
        mapping: Mapping,
        settings: RestSettings,
        zone: str,
        since: str | None,
        out: IO[str],
        wait: Wait,
    ) -> None:
        self._settings = settings
        self._name = mapping.source.name
        self._records = mapping.file.records if mapping.file else ()
        self._zone = mapping.dates.zone or zone
        self._moments = MomentReader(mapping.dates, zone, is_due=False)
        self._since = since
        self._out = out
        self._wait = wait
        self._until = time.monotonic() + bounds.rest().seconds
        self._bytes = self._pages = 0
        self._seen = set[bytes]()
        self._codes = set[str]()
        self._twice = False
        self._code_names = mapping.columns["code"].column
        self._is_messages = mapping.messages is not None
        self._total: int | None = None
        self._unread = 0
        self.warnings: list[str] = []
        self.watermark = Watermark(settings.watermark_kind)
        self.watermark.see(comparable(since, settings.watermark_kind))

    @property
    def found(self) -> int:
        """How many different records there were."""
        return len(self._seen)

    def run(self) -> None:
        """Ask for every page; where records have moved between pages meanwhile, so that one may
        have been passed over, again and again until that brings nothing new."""
        with self._client() as client:
            self._pass(client)
            settled, turns = not self._moved, bounds.rest().passes
            while not settled and (turns := turns - 1) > 0:
                before = self.found
                self._pass(client)
                settled = self.found == before
        short = self._total is not None and self.found < self._total
        if short or not settled:
            self.warnings.append(
                f"Nguồn nói có {self._total} bản ghi nhưng chỉ đưa {self.found} bản ghi khác nhau; "
                "đã nhận những gì có, lần sau đọc lại từ cùng mốc."
                if short
                else "Nguồn thay đổi liên tục trong khi được đọc nên có thể sót bản ghi; đã nhận "
                "những gì có, lần sau đọc lại từ cùng mốc."
            )
            self.watermark = Watermark(self._settings.watermark_kind)
            self.watermark.see(comparable(self._since, self._settings.watermark_kind))
        elif self._unread and self.watermark.value is None:
            raise self._refused(
                f"không đọc được mốc “{self._settings.watermark}” của bản ghi nào; hãy kiểm tra "
                "watermark, watermark_kind và dates.formats trong ánh xạ"
            )

    @property
    def _moved(self) -> bool:
        """Whether records may have moved: one came twice, or there are fewer than there should be.

        A changed record has two versions, so dossiers are counted, too.
        """
        few = self._total is not None and min(self.found, len(self._codes)) < self._total
        return self._twice or few

    # -- pages -----------------------------------------------------------------------------

    def _pass(self, client: httpx.Client) -> None:
        """Ask for one page after the other and write down what is new.

        The end is a page without records or without a next one; a service that goes on giving
        what it gave is at its end after two such pages.
        """
        settings, stale = self._settings, 0
        passed, self._codes = set[bytes](), set()
        place = _Place(settings.first_page if settings.paging == "page" else 0)
        while place.there:
            value, links = self._page(client, place)
            records = self._unwrapped(value)
            if settings.total is not None and isinstance(value, dict):
                self._total = self._count(paths.inside(value, settings.total))
            new = [self._take(record, passed) for record in records]
            self._see([record for record in records if isinstance(record, dict)])
            stale = 0 if any(new) else stale + bool(records)
            if stale > 1 or not (records or settings.paging == "next"):
                return
            place = self._after(place, value, links, len(records))

    @staticmethod
    def _count(value: Any) -> int | None:
        text = cell(value)
        return int(text) if text is not None and text.isdigit() and len(text) < 16 else None

    def _after(self, place: _Place, value: Any, links: dict[str, Any], count: int) -> _Place:
        """Where the next page is."""
        match self._settings.paging:
            case "page":
                return _Place(place.number + 1)
            case "offset":
                return _Place(place.number + count)
            case "next":
                if self._settings.next is None:
                    found = links.get("next", {}).get("url")
                else:
                    is_object = isinstance(value, dict)
                    found = paths.inside(value, self._settings.next) if is_object else None
                return _Place(cursor=cell(found)) if found else _Place(there=False)
            case _:
                return _Place(there=False)

    def _unwrapped(self, value: Any) -> list[Any]:
        found = unwrapped(value, self._records)
        if found is not None:
            return list(found)
        if isinstance(value, dict):
            for path in self._records:
                head, _, last = path.rpartition(".")
                around = paths.inside(value, head) if head else value
                if isinstance(around, dict) and last in around and around[last] is None:
                    return []  # {"Total": 0, "Data": null}
            there = ", ".join(list(paths.seen([value]))[:_LOOK])
            where = ", ".join(self._records) or "[file] records chưa đặt"
            raise self._refused(
                f"câu trả lời không có danh sách bản ghi ({where}); các trường có: {there}"
            )
        raise self._refused("câu trả lời không phải đối tượng hay danh sách JSON")

    def _take(self, record: Any, passed: set[bytes]) -> bool:
        """Write a record down unless it is there; whether this pass had not seen it yet."""
        text = json.dumps(record, sort_keys=True)
        key = blake2b(text.encode(), digest_size=12).digest()
        if key in passed:
            self._twice = True
            return False
        code = self._code(record)
        self._twice = self._twice or (code in self._codes and not self._is_messages)
        self._codes.add(code)
        if key not in self._seen:
            self._out.write(text + "\n")
            self._seen.add(key)
        passed.add(key)
        if len(self._seen) > bounds.rest().records:
            raise self._refused(f"hơn {bounds.rest().records} bản ghi trong một lần lấy")
        return True

    def _code(self, record: Any) -> str:
        """The dossier's code as it stands there; what has none is its own."""
        found = (paths.inside(record, n) for n in self._code_names if isinstance(record, dict))
        return next((str(value) for value in found if value is not None), str(self.found))

    def _see(self, records: list[dict[str, Any]]) -> None:
        """How far these records reach."""
        column, kind = self._settings.watermark, self._settings.watermark_kind
        if column is None or not records:
            return
        texts = [None if v is None else cell(v) for v in (paths.inside(r, column) for r in records)]
        given = pl.Series(texts, dtype=pl.String)
        if kind == "moment":
            found = self._moments.read(given).to_list()
        else:
            found = [_value(text, kind) for text in texts]
        self._unread += sum(v is None and t is not None for v, t in zip(found, texts, strict=True))
        for value in found:
            self.watermark.see(value)

    # -- requests --------------------------------------------------------------------------

    def _client(self) -> httpx.Client:
        limits = bounds.rest()
        trusted = httpx.create_ssl_context(trust_env=False)
        trusted.load_default_certs()
        if self._settings.ca_file is not None:
            try:
                trusted.load_verify_locations(self._settings.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise MappingError(
                    f"rest.ca_file: không đọc được chứng thư {self._settings.ca_file}."
                ) from error
        return httpx.Client(
            verify=trusted,
            trust_env=False,  # no proxy, no .netrc of whoever started the program
            follow_redirects=False,
            timeout=httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds),
            headers={
                "accept": "application/json",
                "user-agent": f"dung-han/{version()}",
                **self._token(),
            },
        )

    def _token(self) -> dict[str, str]:
        settings = self._settings
        if settings.token is None:
            return {}
        name = settings.token.removeprefix("env:")
        try:
            secret = variable(name).strip()
        except SettingsError as error:
            raise MappingError(str(error)) from error
        if not secret or not secret.isascii() or not secret.isprintable():
            raise MappingError(
                f"Chưa đặt {name}, mã bí mật của nguồn “{self._name}”, trong môi trường hoặc tệp "
                "cấu hình; hoặc mã có ký tự lạ."
            )
        return {settings.token_header: f"{settings.token_scheme} {secret}".strip()}

    def _page(self, client: httpx.Client, place: _Place) -> tuple[Any, dict[str, Any]]:
        """One page, asked for as often as need be."""
        limits, self._pages = bounds.rest(), self._pages + 1
        if self._pages > limits.pages:
            raise self._refused(f"hơn {limits.pages} trang trong một lần lấy")
        request = self._request(client, place)
        for attempt in range(1, limits.attempts + 1):
            try:
                return self._once(client, request)
            except _Again as again:
                wait = limits.first_wait_seconds * 2 ** (attempt - 1) * random.uniform(1, 1.25)  # noqa: S311
                wait = min(max(wait, again.after or 0), limits.most_wait_seconds)
                if attempt == limits.attempts or time.monotonic() + wait > self._until:
                    raise self._refused(
                        f"{again.why}, sau {attempt} lần thử; lần sau lấy lại từ cùng mốc. Nếu vẫn "
                        "vậy, hãy kiểm tra địa chỉ, mạng và hỏi nơi quản lý nguồn"
                    ) from again
                self._wait(wait)
        raise AssertionError

    def _request(self, client: httpx.Client, place: _Place) -> httpx.Request:
        settings = self._settings
        params = dict(settings.params)
        if settings.watermark_param is not None and self._since is not None:
            params[settings.watermark_param] = self._asked_since(self._since)
        if settings.size_param is not None:
            params[settings.size_param] = str(settings.page_size)
        url = httpx.URL(settings.url)
        if settings.paging in ("page", "offset"):
            params[settings.page_param] = str(place.number)
        elif place.cursor is not None:
            if settings.next is None or place.cursor.startswith(("http:", "https:", "/", "?")):
                return client.build_request(settings.method, self._own(url, place.cursor))
            params[settings.page_param] = place.cursor
        if settings.method == "POST":
            return client.build_request("POST", url, json=params)
        return client.build_request("GET", url.copy_merge_params(params))

    def _own(self, url: httpx.URL, link: str) -> httpx.URL:
        """A link to a page, if it leads to the very service that was asked."""
        try:
            found = httpx.URL(urljoin(str(url), link))
        except (httpx.InvalidURL, ValueError) as error:
            raise self._refused("địa chỉ trang sau không đọc được") from error
        if (found.scheme, found.host, found.port) != (url.scheme, url.host, url.port):
            raise self._refused("địa chỉ trang sau dẫn sang máy chủ khác nên không theo")
        return found

    def _asked_since(self, since: str) -> str:
        """The watermark less the overlap, as the service wants it."""
        settings = self._settings
        if settings.watermark_kind != "moment":
            return since
        moment = datetime.fromisoformat(since) - timedelta(minutes=settings.overlap_minutes)
        written = settings.watermark_format
        if written in ("epoch", "epoch_ms"):
            return str(int(moment.timestamp() * (1000 if written == "epoch_ms" else 1)))
        local = pl.Series([moment]).dt.convert_time_zone(self._zone)
        form = "%Y-%m-%dT%H:%M:%S%:z" if written == "iso" else own(written).text
        return str(local.dt.strftime(form.replace("%#z", "%:z"))[0])

    def _once(self, client: httpx.Client, request: httpx.Request) -> tuple[Any, dict[str, Any]]:
        try:
            response = client.send(request, stream=True)
            try:
                self._check(response)
                return json.loads(self._body(response)), cast("dict[str, Any]", response.links)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise _Again("nguồn không trả lời trong thời hạn") from error
        except httpx.ConnectError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise self._refused(
                    "chứng thư của máy chủ không được tin cậy; hãy kiểm tra địa chỉ, hoặc đặt "
                    "ca_file nếu nguồn dùng chứng thư của cơ quan"
                ) from error
            raise _Again("không kết nối được máy chủ của nguồn") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise _Again("kết nối đứt giữa chừng") from error
        except (ValueError, RecursionError) as error:
            raise _Again("câu trả lời không phải JSON trọn vẹn") from error

    def _check(self, response: httpx.Response) -> None:
        code = response.status_code
        if code in _AGAIN:
            raise _Again(f"nguồn báo bận hoặc lỗi (HTTP {code})", _asked_wait(response))
        if 300 <= code < 400:
            raise self._refused(
                f"nguồn chuyển hướng (HTTP {code}) nên không theo; hãy ghi địa chỉ cuối cùng vào "
                "rest.url"
            )
        if code in (401, 403):
            where = self._settings.token or "token chưa đặt"
            raise self._refused(f"nguồn không cho đọc (HTTP {code}); hãy kiểm tra mã ({where})")
        if code != 200:
            raise self._refused(
                f"nguồn từ chối yêu cầu (HTTP {code}); hãy kiểm tra rest.url, params"
            )

    def _body(self, response: httpx.Response) -> bytes:
        limits, body = bounds.rest(), bytearray()
        late = min(time.monotonic() + limits.page_seconds, self._until)
        for block in response.iter_bytes():
            body += block
            self._bytes += len(block)
            if len(body) > limits.page_bytes:
                raise self._refused(
                    f"một câu trả lời lớn hơn {limits.page_bytes >> 20} MB; hãy giảm page_size"
                )
            if self._bytes > limits.bytes:
                raise self._refused(f"hơn {limits.bytes >> 20} MB trong một lần lấy")
            if time.monotonic() > late:
                raise _Again("nguồn trả lời quá chậm")
        check_room(Path(gettempdir()), reading.shipped().kept_free)
        return bytes(body)

    def _refused(self, why: str) -> IntakeRefused:
        return IntakeRefused(
            f"Không lấy được dữ liệu từ nguồn “{self._name}” "
            f"({httpx.URL(self._settings.url).host}): {why}. Chưa có gì được ghi."
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """A page: its number, the records before it, or the service's own word for it."""

    number: int = 0
    cursor: str | None = None
    there: bool = True


def _value(text: str | None, kind: str) -> Any:
    try:
        return comparable(text, kind)
    except (ValueError, ArithmeticError):
        return None


def _asked_wait(response: httpx.Response) -> float | None:
    """What ``Retry-After`` asks for: seconds, or a moment."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0)
    except (ValueError, TypeError):
        return None
