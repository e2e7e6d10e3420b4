"""The form of a back-up: a tar file with a manifest first, then the members that it names."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from connectors.disk import is_full

FORM: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = {"sqlite": "database.sqlite.gz", "postgresql": "database.pgdump"}
FILES: Final = "files/"
_BLOCK: Final = 4 << 20
_LARGEST_MANIFEST: Final = 1 << 20


class BackupRefused(Exception):
    """Nothing was done; the message says in Vietnamese why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a back-up says of itself."""

    # UTC, ISO 8601.
    made_at: str
    # 'sqlite' or 'postgresql'.
    database: str
    # The newest migration that the database had.
    schema: str
    # The audit's end at that moment, as connectors.audit.Verdict.mark.
    audit_mark: str
    # Whether owners in it are encrypted: then OWNER_KEY of that time is needed, and is not in it.
    owners_locked: bool
    # Public name of the key that the audit's last line is signed with; None: not signed.
    audit_key: str | None = None
    # The release that made it; None: one before 0.2.0.
    program: str | None = None
    # PostgreSQL's schema that the tables stand in; None: public.
    namespace: str | None = None
    # Member → SHA-256 of its bytes.
    members: dict[str, str] = field(default_factory=dict)
    form: int = FORM


def write_archive(target: Path, manifest: Manifest, members: dict[str, Path], folder: Path) -> str:
    """Write the back-up in ``folder``, then put it at ``target`` in one move; its SHA-256.

    Readable by its owner only. Raises BackupRefused when ``target`` exists.
    """
    sums = {name: sha256(path) for name, path in members.items()}
    whole = asdict(manifest) | {"members": sums}
    if manifest.namespace is None:
        del whole["namespace"]  # earlier releases do not know it
    part = folder / "archive"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add_text(tar, MANIFEST, json.dumps(whole, ensure_ascii=False, indent=2))
            for name, path in members.items():
                _add_file(tar, name, path)
        stream.flush()
        os.fsync(stream.fileno())
    digest = sha256(part)
    _put(part, target)
    _sync_folder(target.parent)
    return digest


def _put(part: Path, target: Path) -> None:
    try:
        # A link fails where a file is; a rename would put itself in its place.
        os.link(part, target)
    except FileExistsError as error:
        raise BackupRefused(exists(target)) from error
    except OSError:  # a file system without links
        if target.exists():
            raise BackupRefused(exists(target)) from None
        part.rename(target)


def exists(target: Path) -> str:
    """What is said when the file is there already."""
    return f"Đã có tệp {target}; hãy chọn tên khác. Chưa có gì được ghi."


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = path.stat().st_size, 0o600
    with path.open("rb") as stream:
        tar.addfile(info, stream)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(path: Path) -> Manifest:
    """What a back-up says of itself. Raises BackupRefused for what is none."""
    with _opened(path) as tar:
        return _manifest(path, tar)


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    if not path.is_file():
        raise BackupRefused(f"Không tìm thấy tệp {path}.")
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise BackupRefused(
            f"Tệp {path.name} không phải bản sao lưu hoặc đã bị cắt cụt."
        ) from error


def _manifest(path: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not 0 < first.size < _LARGEST_MANIFEST:
        raise BackupRefused(f"Tệp {path.name} không phải bản sao lưu của Đúng Hạn.")
    try:
        content: dict[str, Any] = json.loads(cast(IO[bytes], tar.extractfile(first)).read())
        if content.get("form") != FORM:
            raise BackupRefused(
                f"Bản sao lưu {path.name} có dạng mới hơn; hãy cập nhật phần mềm rồi chạy lại."
            )
        manifest = Manifest(**content)
    except (ValueError, TypeError) as error:
        raise BackupRefused(f"Bản sao lưu {path.name} đã hỏng: không đọc được mục lục.") from error
    if manifest.database not in DATABASE or DATABASE[manifest.database] not in manifest.members:
        raise BackupRefused(f"Bản sao lưu {path.name} đã hỏng: thiếu cơ sở dữ liệu.")
    return manifest


def extract(path: Path, folder: Path) -> Manifest:
    """Write the members into ``folder``, each checked; names that the manifest lacks are refused.

    Raises BackupRefused when a byte differs from what the manifest says.
    """
    with _opened(path) as tar:
        manifest = _manifest(path, tar)
        wanted = dict(manifest.members)
        while (info := tar.next()) is not None:
            digest = wanted.pop(info.name, None)
            if digest is None or not info.isreg():
                raise BackupRefused(f"Bản sao lưu {path.name} có phần lạ: {info.name}.")
            target = folder / info.name.replace("/", "__")
            with target.open("xb") as out:
                shutil.copyfileobj(cast(IO[bytes], tar.extractfile(info)), out, _BLOCK)
            if sha256(target) != digest:
                raise BackupRefused(
                    f"Bản sao lưu {path.name} đã hỏng: phần {info.name} không khớp mã kiểm tra. "
                    "Chưa có gì được phục hồi."
                )
    if wanted:
        raise BackupRefused(f"Bản sao lưu {path.name} đã hỏng: thiếu {', '.join(sorted(wanted))}.")
    return manifest


def member(folder: Path, name: str) -> Path:
    """Where :func:`extract` put a member."""
    return folder / name.replace("/", "__")


def packed(source: Path, target: Path) -> None:
    """Gzip, quickly."""
    with source.open("rb") as plain, gzip.open(target, "wb", compresslevel=1) as out:
        shutil.copyfileobj(plain, out, _BLOCK)


def unpacked(source: Path, target: Path) -> None:
    """The other way; raises BackupRefused for a broken one."""
    try:
        with gzip.open(source, "rb") as packed_, target.open("xb") as out:
            shutil.copyfileobj(packed_, out, _BLOCK)
    except (OSError, EOFError) as error:
        if is_full(error):
            raise
        raise BackupRefused(f"Bản sao lưu đã hỏng: không giải nén được {source.name}.") from error
