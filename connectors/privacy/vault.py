"""Owners' data under lock: what the database holds is a token that only the key opens.

One token a row holds all of the owner's fields and the dossier's number, so that a token copied
to another dossier does not open there. Tokens are Fernet's (AES-128-CBC with HMAC-SHA256);
with several keys the first one locks and each one opens. Hashes that would let somebody test
guesses at a telephone number are made with a secret of their own, kept in table ``setting``
under the same lock: it survives a change of keys, so that no dossier looks changed by it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import Any, Final, cast

import polars as pl
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, Engine, Table, insert, select

from connectors.database.models import Setting
from connectors.settings import Settings

FIELDS: Final = ("name", "phone", "address", "national_id")
"""Columns of ``owner`` that are locked; ``kind`` is not personal."""

# In a token, where a name would cost its length in every row.
_NUMBER: Final = "i"
_SHORT: Final = ("n", "p", "a", "d")

HASH_SECRET: Final = "owner_hash_secret"  # noqa: S105 (the name of a setting)
"""Key in table ``setting``. Where it is, new owners are locked and never written plainly."""

SEALED_REASON: Final = "(đã mã hóa; cần OWNER_KEY để đọc)"
"""What stands in ``reason`` of a locked rejected row: a reason may quote the row."""

_KEY_IS_MISSING: Final = (
    "Dữ liệu chủ hồ sơ trong cơ sở dữ liệu đã được mã hóa, nhưng chưa đặt OWNER_KEY. "
    "Hãy đặt đúng khóa đã dùng."
)

_SETTING: Final = cast(Table, Setting.__table__)


class VaultLocked(RuntimeError):
    """Locked data, and no key that opens it; the message is Vietnamese. Nothing is lost."""


def is_under_lock(database: Engine) -> bool:
    """Whether owners are written under lock here: a key has been in use at least once."""
    with database.connect() as connection:
        query = select(_SETTING.c.key).where(_SETTING.c.key == HASH_SECRET)
        return connection.execute(query).first() is not None


def missing_key_warning(settings: Settings, database: Engine) -> str | None:
    """What administrators are told at start while OWNER_KEY is not set; None: it is.

    Where owners lie under lock already, a new key would not help: the one that was used has to
    come back. Else they are kept readable, and a key has to be made.
    """
    if settings.owner_keys:
        return None
    if is_under_lock(database):
        return _KEY_IS_MISSING
    return (
        "Chưa đặt OWNER_KEY: họ tên, điện thoại, địa chỉ và số giấy tờ của chủ hồ sơ đang được "
        "lưu ở dạng đọc được trong cơ sở dữ liệu. Hãy tạo khóa bằng "
        "“.venv/bin/python -m connectors owners new-key”, đặt vào OWNER_KEY hoặc [privacy] "
        "owner_key, rồi chạy “.venv/bin/python -m connectors owners rotate-key”."
    )


class Vault:
    """Locks and opens with an installation's keys; without keys it leaves everything as it is."""

    def __init__(self, keys: Sequence[str], hash_secret: bytes | None = None) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self._hash_secret = hash_secret

    @classmethod
    def for_writing(cls, connection: Connection, keys: Sequence[str]) -> Vault:
        """The vault of a write transaction; makes the hash secret at the first locked write.

        Raises VaultLocked where owners are locked already and ``keys`` do not open them: what is
        written now could otherwise not be read together with what is there.
        """
        query = select(_SETTING.c.value).where(_SETTING.c.key == HASH_SECRET)
        token = connection.execute(query).scalar_one_or_none()
        if token is None:
            if not keys:
                return cls(())
            vault = cls(keys, secrets.token_bytes(32))
            connection.execute(
                insert(_SETTING).values(key=HASH_SECRET, value=vault.locked_secret())
            )
            return vault
        return cls(keys, cls(keys)._open_bytes(token))

    @property
    def is_keyed(self) -> bool:
        """Whether it locks what is written, and has the secret that hashes are made with."""
        return self._fernet is not None

    def opens(self, token: str) -> bool:
        """Whether one of the keys opens this token."""
        if self._fernet is None:
            return False
        try:
            self._fernet.decrypt(token)
        except InvalidToken:
            return False
        return True

    def locked_secret(self) -> str:
        """The hash secret under the first key."""
        assert self._fernet is not None
        assert self._hash_secret is not None
        return self._fernet.encrypt(self._hash_secret).decode()

    # Owners

    def owners(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows for table ``owner`` (``dossier_id``, ``kind``, FIELDS; some may be missing), locked.

        Without keys the frame itself. A row without any personal field has no token.
        """
        if self._fernet is None:
            return frame
        nothing = pl.lit(None, pl.String)
        fields = [pl.col(name) if name in frame.columns else nothing for name in FIELDS]
        # As text by columns: row after row it took as long as the encryption itself.
        texts = frame.select(
            pl.when(pl.any_horizontal(field.is_not_null() for field in fields)).then(
                pl.struct(
                    pl.col("dossier_id").alias(_NUMBER),
                    *(field.alias(short) for field, short in zip(fields, _SHORT, strict=True)),
                ).struct.json_encode()
            )
        ).to_series()
        encrypt = self._fernet.encrypt
        tokens = [None if text is None else encrypt(text.encode()).decode() for text in texts]
        locked = frame.select(name for name in ("dossier_id", "kind") if name in frame.columns)
        return locked.with_columns(sealed=pl.Series(tokens, dtype=pl.String))

    def owner(self, token: str, dossier_id: int) -> dict[str, str | None]:
        """FIELDS of a token; VaultLocked without its key, or when it is another dossier's."""
        content = self._open(token)
        if content[_NUMBER] != dossier_id:
            raise VaultLocked(
                f"Dữ liệu chủ hồ sơ {dossier_id} không phải của hồ sơ này (đã bị chép từ hồ sơ "
                "khác trong cơ sở dữ liệu); hãy báo quản trị."
            )
        return {name: content[short] for name, short in zip(FIELDS, _SHORT, strict=True)}

    def hashes(self, hashes: pl.Series, personal: pl.Series) -> pl.Series:
        """Content hashes, where ``personal`` made unguessable with the vault's secret."""
        if self._fernet is None:
            return hashes
        return pl.Series(
            hashes.name,
            [self.hash(text) if own else text for text, own in zip(hashes, personal, strict=True)],
            dtype=pl.String,
        )

    def hash(self, text: str) -> str:
        """One content hash (32 hex digits) as keyed BLAKE2b of it."""
        assert self._hash_secret is not None
        return hashlib.blake2b(text.encode(), key=self._hash_secret, digest_size=16).hexdigest()

    # Rejected rows

    def rejected(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rejected rows (``value``, ``reason``, ``row`` as JSON text), locked where keys are."""
        if self._fernet is None or frame.is_empty():
            return frame
        tokens = [
            self.rejected_token(value, reason, json.loads(row))
            for value, reason, row in frame.select("value", "reason", "row").iter_rows()
        ]
        return frame.with_columns(
            value=pl.lit(None, pl.String),
            reason=pl.lit(SEALED_REASON),
            row=pl.lit("{}"),
            sealed=pl.Series(tokens, dtype=pl.String),
        )

    def rejected_token(self, value: str | None, reason: str, row: dict[str, Any]) -> str:
        """The token of a rejected row."""
        return self._lock([value, reason, row])

    def rejected_row(self, token: str) -> tuple[str | None, str, dict[str, Any]]:
        """Value, reason and whole row of a token; VaultLocked without its key."""
        value, reason, row = self._open(token)
        return value, reason, row

    # Tokens

    def _lock(self, content: list[Any]) -> str:
        assert self._fernet is not None
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
        return self._fernet.encrypt(text.encode("utf-8", "replace")).decode()

    def _open(self, token: str) -> Any:
        content: Any = json.loads(self._open_bytes(token))
        return content

    def _open_bytes(self, token: str) -> bytes:
        if self._fernet is None:
            again = _KEY_IS_MISSING.removesuffix(".")
            raise VaultLocked(f"{again} rồi làm lại. Chưa có gì thay đổi.")
        try:
            return self._fernet.decrypt(token)
        except InvalidToken as error:
            raise VaultLocked(
                "OWNER_KEY không mở được dữ liệu chủ hồ sơ: khóa này không phải khóa đã dùng để "
                "mã hóa. Hãy đặt đúng khóa (khóa cũ có thể ghi sau khóa mới, cách nhau bằng dấu "
                "phẩy) rồi làm lại. Chưa có gì thay đổi. Khóa đã mất hẳn thì lấy lại chủ hồ sơ từ "
                "nguồn: .venv/bin/python -m connectors owners take-again."
            ) from error
