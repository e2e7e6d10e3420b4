"""Looking at an incoming file before reading it: what it is, its hash, its encoding.

Everything here refuses a whole file (:class:`IntakeRefused`) before anything is written.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.disk import check_room
from connectors.intake.legacy import legacy_code, refusal
from connectors.intake.report import IntakeRefused
from connectors.parsing import bounds as limits
from connectors.parsing.archive import check_archive
from connectors.parsing.bounds import Bounds

_BLOCK: Final = 1 << 20
SAMPLE: Final = 1 << 20

_SIGNATURES: Final = (
    (b"PK\x03\x04", "một tệp nén hoặc XLSX, DOCX"),
    (b"\xd0\xcf\x11\xe0", "một tệp Office cũ (XLS, DOC)"),
    (b"%PDF", "một tệp PDF"),
    (b"\x89PNG", "một ảnh PNG"),
    (b"\xff\xd8\xff", "một ảnh JPEG"),
    (b"GIF8", "một ảnh GIF"),
    (b"Rar!", "một tệp nén RAR"),
    (b"7z\xbc\xaf", "một tệp nén 7z"),
    (b"SQLite format 3", "một cơ sở dữ liệu SQLite"),
    (b"PAR1", "một tệp Parquet"),
    (b"MZ", "một chương trình Windows"),
    (b"\x7fELF", "một chương trình"),
)
_SHOWN: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1258": "Windows-1258",
}
_ENCODINGS: Final = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1258": "cp1258"}


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file that is known to be readable as UTF-8."""

    path: Path
    # An upper bound of its records: lines, the header's included.
    lines: int
    # What it was written in.
    encoding: str = "UTF-8"


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(8 * _BLOCK):
            digest.update(block)
    return digest.hexdigest()


def check_present(path: Path) -> None:
    """Raise IntakeRefused when there is no such file or nothing in it."""
    if not path.is_file():
        raise IntakeRefused(f"Không tìm thấy tệp {path}. Hãy kiểm tra lại đường dẫn.")
    if path.stat().st_size == 0:
        raise IntakeRefused(f"Tệp {path.name} rỗng (0 byte). Hãy xuất lại từ hệ thống nguồn.")


def mapping_text(path: Path) -> str:
    """A mapping's text. Raises IntakeRefused for a file larger than one or closed to this account,
    UnicodeDecodeError."""
    most = limits.shipped().mapping_bytes
    try:
        if path.stat().st_size <= most:
            return path.read_text(encoding="utf-8-sig")
    except PermissionError as error:
        raise IntakeRefused(
            f"Không có quyền đọc ánh xạ {path}: hãy cho tài khoản chạy phần mềm quyền đọc tệp này."
        ) from error
    else:
        raise IntakeRefused(
            f"Ánh xạ {path.name} lớn hơn {most >> 10} KB nên không được đọc. "
            "Hãy kiểm tra lại: ánh xạ là một tệp TOML nhỏ."
        )


def as_utf8(path: Path, encoding: str, folder: Path, bounds: Bounds) -> TextFile:
    """The text file as UTF-8: itself, or a copy in ``folder``.

    ``encoding``: a mapping's ``file.encoding``. Gzip is unpacked. Raises IntakeRefused for what
    is no text, for an encoding not recognised, and for TCVN3 or VNI text; OSError (ENOSPC) when
    the disk has no room for a copy.
    """
    plain = _unpacked(path, folder, bounds)
    head = _head(plain)
    codec = _codec(plain, head, encoding)
    sample = _decoded_sample(head, codec)
    refuse_other(path.name, sample)
    _refuse_legacy(sample, head, codec)
    if codec in ("utf-8", "utf-8-sig") and not _old_line_ends(head):
        return TextFile(plain, _checked_lines(plain, path.name, bounds))
    copy = folder / "utf8.txt"
    _transcode(plain, copy, codec, bounds)
    lines = _checked_lines(copy, path.name, bounds)
    return TextFile(copy, lines, _SHOWN.get(codec, codec.upper()))


def as_xes(path: Path, folder: Path, bounds: Bounds) -> Path | None:
    """The event log in XES, unpacked; None: it is none. Raises as :func:`as_utf8`."""
    plain = _unpacked(path, folder, bounds)
    head = _head(plain)[:_LOOK]
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    begin = head.decode("utf-16" if wide else "utf-8", errors="ignore")
    return plain if re.match(_BEFORE + _LOG, begin) else None


_LOG: Final = r"<(?:\w+:)?log\b"

_OTHERS: Final = (
    (
        r"<(?:!doctype html|html|head|body|table|meta|style)\b",
        "một trang web (HTML) mang đuôi khác; nhiều hệ thống xuất “Excel” như vậy. Hãy mở bằng "
        "Excel, chọn Lưu thành (Save As) → Excel Workbook (.xlsx) hoặc CSV UTF-8, rồi nhập tệp đó",
    ),
    (
        _LOG,
        "nhật ký sự kiện XES. Hãy nhập bằng ánh xạ nhat-ky-su-kien, hoặc ánh xạ riêng có "
        '[file] format = "xes"; hoặc xuất ra CSV',
    ),
    (
        r"<(?:\w+:)?Workbook\b",
        "bảng tính XML của Excel 2003. Hãy mở bằng Excel và lưu thành .xlsx rồi nhập lại",
    ),
    (r"<\?xml\b", "XML. Hãy xuất lại từ hệ thống nguồn ra CSV hoặc XLSX"),
    (r"\{\\rtf", "văn bản RTF. Hãy xuất lại từ hệ thống nguồn ra CSV hoặc XLSX"),
    (r"MIME-Version:", "trang web lưu cả gói (MHTML). Hãy mở bằng Excel và lưu thành .xlsx"),
)
"""Other kinds of text, by how they begin."""

_BEFORE: Final = r"(?is)\ufeff?\s*(?:<\?xml[^>]*\?>\s*|<!--.*?-->\s*)*"
"""What may stand before the first element."""


def refuse_other(name: str, sample: str) -> None:
    """Raise IntakeRefused for text that is no table: web pages, event logs, XML."""
    begin = sample[:_LOOK]
    for sign, kind in _OTHERS:
        if re.match(_BEFORE + sign, begin) or re.match(rf"(?is)\ufeff?\s*{sign}", begin):
            raise IntakeRefused(f"Tệp {name} là {kind}. Chưa có gì được ghi.")


_LOOK: Final = 4096


def _unpacked(path: Path, folder: Path, bounds: Bounds) -> Path:
    with path.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b":
            return path
    target = folder / "unpacked"
    most = max(bounds.unpacked_always, bounds.unpacked_times * path.stat().st_size)
    done = 0
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as out:
            while block := packed.read(_BLOCK):
                done += len(block)
                if done > most:
                    raise IntakeRefused(
                        f"Tệp nén {path.name} giải nén ra hơn {bounds.unpacked_times} lần dung "
                        "lượng của nó, không giống một danh sách hồ sơ nên không được mở. Nếu tệp "
                        "là thật, hãy giải nén trước rồi nhập tệp CSV. Chưa có gì được ghi."
                    )
                check_room(folder, bounds.kept_free)
                out.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise IntakeRefused(
            f"Tệp nén {path.name} bị hỏng: không giải nén được. Hãy xuất lại hoặc tải lại tệp. "
            "Chưa có gì được ghi."
        ) from error
    return target


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(SAMPLE)


def _codec(path: Path, head: bytes, encoding: str) -> str:
    if encoding != "auto":
        return _ENCODINGS[encoding]
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    # First: the little-endian mark begins with the one of UTF-16.
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) or _utf32_without_mark(head):
        raise IntakeRefused(
            f"Tệp {path.name} được viết bằng bảng mã UTF-32. Hãy lưu lại tệp bằng mã UTF-8 rồi "
            "nhập lại. Chưa có gì được ghi."
        )
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if (unmarked := _utf16_without_mark(head)) is not None:
        return unmarked
    _refuse_binary(path, head)
    return "utf-8" if _is_utf8(head) else "cp1258"


def _utf32_without_mark(head: bytes) -> bool:
    """UTF-32 without its mark: of each four bytes two at one end are zero, the other end never."""
    quarter = len(head) // 4
    zeros = [head[at : quarter * 4 : 4].count(0) for at in range(4)]
    big, little = zeros[0] == quarter and zeros[3] == 0, zeros[3] == quarter and zeros[0] == 0
    return quarter >= 4 and ((big and zeros[1] == quarter) or (little and zeros[2] == quarter))


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 without its mark: most letters have a zero byte, always on the same side."""
    half = max(len(head) // 2, 1)
    evens, odds = head[0::2].count(0) / half, head[1::2].count(0) / half
    if max(evens, odds) < 0.3 or min(evens, odds) > 0.01:
        return None
    return "utf-16-le" if odds > evens else "utf-16-be"


def _refuse_binary(path: Path, head: bytes) -> None:
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            hint = (
                " Nếu đây là bảng tính, hãy đổi đuôi thành .xlsx và dùng ánh xạ cho XLSX,"
                " hoặc lưu lại thành CSV UTF-8."
                if signature.startswith(b"PK")
                else " Hãy xuất lại từ hệ thống nguồn ra CSV."
            )
            raise IntakeRefused(f"Tệp {path.name} không phải văn bản mà là {kind}.{hint}")
    controls = sum(head.count(byte) for byte in (*range(1, 9), *range(14, 27), *range(28, 32)))
    if b"\x00" in head or controls > len(head) // 100:
        raise IntakeRefused(
            f"Tệp {path.name} là tệp nhị phân, không phải văn bản CSV. "
            "Hãy xuất lại từ hệ thống nguồn ra CSV (UTF-8)."
        )


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a cut letter at the end is no fault
    except UnicodeDecodeError:
        return False
    return True


def _decoded_sample(head: bytes, codec: str) -> str:
    return codecs.getincrementaldecoder(codec)("replace").decode(head)


def _refuse_legacy(sample: str, head: bytes, codec: str) -> None:
    # A file of legacy bytes is no UTF-8, so it was taken for Windows-1258 above.
    text = head.decode("latin-1") if codec == "cp1258" else sample
    code = legacy_code(text)
    if code is not None:
        raise IntakeRefused(refusal(code))
    if codec == "cp1258" and not _plausible(sample):
        raise IntakeRefused(
            "Không nhận ra bảng mã của tệp (không phải UTF-8, UTF-16 hay Windows-1258). "
            "Hãy lưu lại tệp bằng mã UTF-8 rồi nhập lại. Chưa có gì được ghi."
        )


def _plausible(sample: str) -> bool:
    """Whether text read as Windows-1258 is made of letters, not of chance signs."""
    strange = re.findall(r"[^\x00-\x7f]", unicodedata.normalize("NFC", sample))
    letters = [sign for sign in strange if sign.isalpha() or sign in "–—“”‘’…•°§₫€«»\u00a0"]
    return len(letters) >= 0.9 * len(strange) and "\ufffd" not in sample


def _old_line_ends(head: bytes) -> bool:
    return b"\r" in head and b"\n" not in head


_BLANK: Final = re.compile(rb"\n(?=[ \t\r]*\n)")


def _checked_lines(path: Path, name: str, bounds: Bounds) -> int:
    """Number of lines; IntakeRefused at the first byte that is not UTF-8 or too long a line, and
    where too many are blank (between two blocks one may be missed)."""
    longest = bounds.line_bytes
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = length = blank = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            try:
                if not (block.isascii() and decoder.getstate()[0] == b""):
                    decoder.decode(block)
            except UnicodeDecodeError as error:
                line = lines + block[: error.start].count(b"\n") + 1
                raise IntakeRefused(
                    f"Tệp {name} lẫn byte không phải UTF-8 ở khoảng dòng {line}. "
                    "Hãy lưu lại cả tệp bằng mã UTF-8 rồi nhập lại. Chưa có gì được ghi."
                ) from error
            first, last = block.find(b"\n"), block.rfind(b"\n")
            if length + (len(block) if first < 0 else first) > longest:
                raise IntakeRefused(
                    f"Tệp {name} có một dòng dài hơn {longest >> 20} MB "
                    f"(dòng {lines + 1}); đây không phải tệp mỗi hồ sơ một dòng. "
                    "Hãy xuất lại từ hệ thống nguồn."
                )
            lines += block.count(b"\n")
            blank += len(_BLANK.findall(block))
            if blank > bounds.blank_lines:
                raise IntakeRefused(
                    f"Tệp {name} có hơn {bounds.blank_lines} dòng trống. "
                    "Hãy xóa các dòng trống rồi nhập lại. Chưa có gì được ghi."
                )
            length = length + len(block) if last < 0 else len(block) - last - 1
    return lines + 1


def _transcode(path: Path, target: Path, codec: str, bounds: Bounds) -> None:
    """A copy in UTF-8; a line that is too long is left for :func:`_checked_lines`."""
    try:
        with (
            path.open(encoding=codec, newline=None) as source,
            target.open("w", encoding="utf-8", newline="\n") as out,
        ):
            while block := source.readlines(_BLOCK):
                check_room(target.parent, bounds.kept_free)
                # Windows-1258 writes a tone as a letter of its own: join them to one.
                out.write(unicodedata.normalize("NFC", "".join(block)))
    except UnicodeDecodeError as error:
        raise IntakeRefused(
            f"Tệp {path.name} không đọc được bằng bảng mã {codec}. "
            "Hãy lưu lại tệp bằng mã UTF-8 rồi nhập lại. Chưa có gì được ghi."
        ) from error


def _mentions(path: Path, word: bytes) -> bool:
    """Whether the word stands anywhere in the file."""
    before = b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if word in before + block:
                return True
            before = block[-len(word) :]
    return False


_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def check_workbook(path: Path, bounds: Bounds) -> None:
    """Raise IntakeRefused for what is no readable XLSX: protected, old, or something else."""
    head = _head(path)
    if head.startswith(_OLE):
        if _mentions(path, "EncryptedPackage".encode("utf-16-le")):
            raise IntakeRefused(
                f"Tệp {path.name} được đặt mật khẩu nên không đọc được. "
                "Hãy mở bằng Excel, bỏ mật khẩu (Tệp → Thông tin → Bảo vệ sổ làm việc), "
                "lưu lại rồi nhập lại."
            )
        raise IntakeRefused(
            f"Tệp {path.name} là định dạng Excel cũ (.xls). "
            "Hãy mở bằng Excel và lưu lại thành .xlsx rồi nhập lại."
        )
    if not head.startswith(b"PK"):
        refuse_other(path.name, head.decode("utf-8", errors="replace"))
        raise IntakeRefused(
            f"Tệp {path.name} không phải XLSX (nội dung là loại tệp khác hoặc đã hỏng). "
            "Hãy xuất lại từ hệ thống nguồn, hoặc dùng ánh xạ cho CSV nếu đây là CSV."
        )
    check_archive(path, bounds)
