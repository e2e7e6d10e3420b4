"""Keys of the audit change and get lost: verify goes on, and finds forgeries in every stretch."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine, select, text

from connectors import audit
from connectors.__main__ import main
from connectors.audit.chain import BEFORE_ALL, Line, key_name
from connectors.audit.keep import set_mark
from connectors.audit.keys import change_key, give_up_key
from connectors.audit.log import LINES
from connectors.audit.marks import NEW_KEY, Shelf
from connectors.audit.verify import Verdict, glance
from connectors.audit.walk import Walk
from connectors.backup import BackupRefused, make_backup, restore_backup
from connectors.settings import Settings
from tests.connectors.audit.behind import unnoticed

LAN = audit.Actor("Lan")
A, B, C, MINE = ("a" * 40, "b" * 40, "c" * 40, "attacker" * 5)


def _lines(database: Engine, count: int, *keys: str) -> None:
    for number in range(count):
        audit.record(database, "export", actor=LAN, subject=f"lần {number}", keys=keys)


def _states(verdict: Verdict) -> list[str]:
    return [stretch.state for stretch in verdict.stretches]


def _said(database: Engine, *keys: str) -> Verdict:
    """What verify says; without marks the quick look walks over all lines and says the same."""
    return audit.verify(database, keys=keys)


# -- the two ways on -----------------------------------------------------------------------------


def test_a_change_with_the_old_key_at_hand(database: Engine) -> None:
    _lines(database, 2)
    _lines(database, 3, A)
    _lines(database, 1, B, A)  # until it is closed, the old key signs, and that is told
    assert "chưa được dùng" in " ".join(_said(database, B, A).notes)
    done = change_key(database, (B, A), actor=LAN)
    assert (done.line, done.left, done.broken) == (8, (key_name(A),), None)
    _lines(database, 2, B)
    for keys in ((B,), (B, A)):
        verdict = _said(database, *keys)
        assert (verdict.ok, verdict.notes) == (True, ()), verdict.sentence
        assert [(one.first, one.last) for one in verdict.stretches] == [(1, 2), (3, 7), (8, 10)]
    assert _states(_said(database, B, A)) == ["unsigned", "signed", "signed"]
    verdict = _said(database, B)
    assert _states(verdict) == ["unsigned", "sealed", "signed"]
    assert str(verdict.stretches[1]) == (
        f"Dòng 3–7: khóa 1 ({key_name(A)}), khóa đã đóng; nội dung khớp mã niêm ở dòng 8."
    )
    assert str(verdict.stretches[2]).startswith(f"Dòng 8–10: khóa 2 ({key_name(B)}), đã ký")
    # A process that was not told of the new key adds nothing.
    with pytest.raises(audit.AuditKeyMissing, match="change-key"):
        _lines(database, 1, A)


def test_a_loss_is_marked_and_life_goes_on(database: Engine) -> None:
    _lines(database, 3, A)
    assert _said(database, B).broken == 1  # red before it is said
    done = give_up_key(database, (B,), actor=LAN)
    assert (done.line, done.left, done.broken) == (4, (key_name(A),), None)
    _lines(database, 2, B)
    verdict = _said(database, B)
    assert (verdict.ok, _states(verdict)) == (True, ["lost", "signed"])
    assert "khóa đã mất: không kiểm tra được chữ ký; còn nối chuỗi" in str(verdict.stretches[0])
    assert "không đổi từ khi báo mất ở dòng 4" in str(verdict.stretches[0])
    # Found again it shows what it can show.
    assert _states(_said(database, B, A)) == ["signed", "signed"]


def test_changes_and_losses_one_after_the_other(database: Engine) -> None:
    _lines(database, 2, A)
    change_key(database, (B, A), actor=LAN)
    _lines(database, 2, B)
    assert give_up_key(database, (C,), actor=LAN).left == (key_name(B),)
    _lines(database, 2, C)
    change_key(database, (MINE, C), actor=LAN)
    verdict = _said(database, MINE)
    assert (verdict.ok, _states(verdict)) == (True, ["seal_lost", "lost", "sealed", "signed"])
    assert "không đổi từ khi báo mất ở dòng 7" in str(verdict.stretches[0])
    assert [one.number for one in verdict.stretches] == [1, 2, 3, 4]


def test_what_is_refused(database: Engine) -> None:
    def refused(act: Callable[..., object], *keys: str) -> str:
        before = _said(database, A, B, C).lines
        with pytest.raises(audit.AuditUnavailable) as told:
            act(database, keys, actor=LAN)
        assert _said(database, A, B, C).lines == before
        return str(told.value)

    assert "audit new-key" in refused(change_key)
    assert "audit new-key" in refused(give_up_key)
    _lines(database, 1)
    assert "chưa được ký" in refused(change_key, A)
    _lines(database, 1, A)
    assert "đang được ký bằng khóa đầu tiên" in refused(change_key, A, B)
    assert "accept-key" in refused(change_key, B)
    assert "Không có khóa nào bị mất" in refused(give_up_key, B, A)
    change_key(database, (B, A), actor=LAN)
    assert "đã được đóng ở dòng 4" in refused(change_key, A, B)
    assert "đã được đóng ở dòng 4" in refused(give_up_key, A)
    # The same key twice, and a key that had been closed, sign nothing any more.
    with pytest.raises(audit.AuditKeyMissing):
        _lines(database, 1, A)


def test_an_older_change_without_a_seal_is_mended_with_the_old_key(database: Engine) -> None:
    """Releases before 0.2.0 signed with the first key at once, and needed the old one for good."""
    _lines(database, 2, A)
    _forge(database, [{"key_id": key_name(B)}] * 2, {key_name(B): B})
    assert _said(database, B, A).ok
    assert _said(database, B).broken == 1
    done = change_key(database, (B, A), actor=LAN)
    assert (done.line, done.left) == (5, (key_name(A),))
    verdict = _said(database, B)
    assert (verdict.ok, _states(verdict)) == (True, ["sealed", "signed"])


def test_an_older_line_about_a_loss_is_read(database: Engine) -> None:
    """It holds no digest: what it speaks of is told as not to be checked, and no more."""
    _lines(database, 2, A)
    _forge(database, [{"key_id": key_name(B), "action": "audit_key_lost"}], {key_name(B): B})
    verdict = _said(database, B)
    assert (verdict.ok, _states(verdict)) == (True, ["lost_unsealed", "signed"])
    assert "chỉ còn nối chuỗi" in str(verdict.stretches[0])
    rows = _rows(database)
    for changed in ([rows[1] | {"id": 1}, rows[0] | {"id": 2}, rows[2]], rows[1:]):
        _put(database, changed)
        assert _said(database, B).broken == 1  # moved, missing: the chain tells
    _put(database, [rows[0] | {"subject": "x"}, *rows[1:]])
    assert _said(database, B).ok  # a changed text nothing can tell, as the page says
    _put(database, rows)
    _lines(database, 1, B)
    change_key(database, (C, B), actor=LAN)
    assert _said(database, C).ok
    unnoticed(database, ["UPDATE audit SET subject = 'x' WHERE id = 1"])
    assert not _said(database, C).ok  # from the next seal on it is


# -- by command ----------------------------------------------------------------------------------


def test_the_commands(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))

    def run(keys: str, *words: str) -> Any:
        monkeypatch.setenv("AUDIT_KEY", keys)
        return CliRunner().invoke(main, ["audit", *words], catch_exceptions=False)

    def vouched(*keys: str) -> int | None:
        shelf = Shelf.of(settings)
        verdict = audit.verify(sqlite_database, keys=keys, shelf=shelf)
        assert verdict.ok, verdict.sentence
        assert glance(sqlite_database, keys=keys, shelf=shelf).ok
        return verdict.vouched

    _lines(sqlite_database, 2, A)
    assert run(A, "verify").exit_code == 0
    assert run(B, "verify").exit_code == 1
    assert run(B, "change-key").exit_code == 2
    done = run(f"{B},{A}", "change-key")
    assert (done.exit_code, "từ dòng 4 nhật ký được ký bằng khóa mới" in done.output) == (0, True)
    whole = run(B, "verify")
    assert whole.exit_code == 0
    assert f"  Dòng 1–3: khóa 1 ({key_name(A)}), khóa đã đóng" in whole.output
    assert f"  Dòng 4: khóa 2 ({key_name(B)}), đã ký" in whole.output
    assert vouched(B) == 4
    # The new key is lost in turn, while the first one has been kept.
    assert run(f"{C},{A}", "accept-key", "--yes").exit_code == 0
    assert (vouched(C, A), vouched(C)) == (5, 5)
    assert "khóa đã mất" in run(C, "verify").output
    assert "Bỏ khóa nhật ký đã mất" in run(C, "list").output


def test_what_was_wrong_before_a_change_stays_found(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that leaked has to be changed on a forged audit, too; the change hides nothing."""
    _lines(sqlite_database, 3, A)
    unnoticed(sqlite_database, ["UPDATE audit SET subject = 'khác' WHERE id = 2"])
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("AUDIT_KEY", f"{B},{A}")
    done = CliRunner().invoke(main, ["audit", "change-key"], catch_exceptions=False)
    assert (done.exit_code, "chỗ sai từ dòng 2" in done.output) == (1, True)
    assert not Shelf.of(settings).path.exists()
    for keys in ((B, A), (B,)):
        assert (_said(sqlite_database, *keys).ok, _said(sqlite_database, *keys).broken) == (
            False,
            2,
        )
    change_key(sqlite_database, (C, B), actor=LAN)
    assert _said(sqlite_database, C).broken == 2


# -- somebody who may write the database, but has no key -------------------------------------------


def _rows(database: Engine) -> list[dict[str, Any]]:
    with database.connect() as connection:
        return [dict(row) for row in connection.execute(select(LINES).order_by("id")).mappings()]


def _put(database: Engine, rows: Sequence[dict[str, Any]], *, head: bool = True) -> None:
    """These rows as they are, the head set to the last, triggers as they were."""
    unnoticed(database, ["DELETE FROM audit"])
    on = "" if database.dialect.name == "sqlite" else " ON audit"
    with database.begin() as connection:
        connection.execute(text(f"DROP TRIGGER audit_next{on}"))
        if rows:
            connection.execute(LINES.insert(), list(rows))
    last = rows[-1] if rows else {"id": 0, "hash": BEFORE_ALL}
    statement = f"UPDATE audit_head SET lines = {last['id']}, hash = '{last['hash']}'"
    unnoticed(database, [statement] if head else [])


def _hashed(row: dict[str, Any], keys: dict[str, str]) -> str:
    """The row's hash under the key that it names; without that key as good as can be had."""
    line = Line(**{name: row[name] for name in Line.__slots__})
    return line.digest(list(keys.values())) or secrets.token_hex(32)


def _forge(database: Engine, added: Sequence[dict[str, Any]], keys: dict[str, str]) -> None:
    """Lines put after the last one, each chained, under keys that the forger has."""
    rows = _rows(database)
    for values in added:
        row = rows[-1] | {"id": len(rows) + 1, "prev_hash": rows[-1]["hash"], "detail": None}
        row |= {"at": datetime(2026, 3, 1, tzinfo=UTC)} | values
        rows.append(row | {"hash": _hashed(row, keys)})
    _put(database, rows)


def _seal_of(database: Engine) -> dict[str, Any]:
    """What a seal says that would come next; the digest of lines is no secret."""
    walk = Walk(())
    with database.connect() as connection:
        walk.take(connection)
    return {name: value for name, value in walk.seal_detail().items() if name != "broken"}


OWN = {key_name(MINE): MINE}


@pytest.mark.parametrize(
    "line",
    [
        {"key_id": None},
        {"key_id": key_name(B)},
        {"key_id": key_name(MINE)},
        {"key_id": key_name(A)},
    ],
    ids=[
        "not signed",
        "said to be the new key's",
        "a key of their own",
        "said to be the old key's",
    ],
)
@pytest.mark.parametrize("keys", [(B,), (B, A)])
@pytest.mark.parametrize("more", [0, 2])
def test_a_forged_line_about_a_loss_hides_nothing(
    database: Engine, line: dict[str, Any], keys: tuple[str, ...], more: int
) -> None:
    """Nor does one about a change; and nobody is led to seal it while the true key is there."""
    for action in ("audit_key_lost", "audit_key_changed"):
        if action == "audit_key_lost":
            _lines(database, 2, A)
            change_key(database, (B, A), actor=LAN)
            _lines(database, 2, B)
            genuine = _rows(database)
        _put(database, genuine)
        detail = _seal_of(database) | {"lost": [key_name(B)]}
        forged = line | {"action": action, "detail": json.dumps(detail)}
        _forge(database, [forged, *[line | {"action": "edit"}] * more], OWN)
        verdict = _said(database, *keys)
        assert (verdict.ok, verdict.broken) == (False, 7)
        if line["key_id"] == key_name(MINE):
            with pytest.raises(audit.AuditUnavailable, match="không giao cho khóa ấy"):
                give_up_key(database, (C, *keys), actor=LAN)
            # Led astray all the same, without the true key: the lines are named for ever, and the
            # key shows them.
            give_up_key(database, (C,), actor=LAN)
            assert "lost" in _states(_said(database, C))
            assert not _said(database, C, B).ok


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("at", range(1, 11))
def test_a_changed_line_of_any_stretch_is_found(
    sqlite_database: Engine, at: int, lost: bool
) -> None:
    """Whatever key it was under, its hash left as it was; without any key but the last."""
    _lines(sqlite_database, 1)
    _lines(sqlite_database, 2, A)
    if lost:
        give_up_key(sqlite_database, (B,), actor=LAN)
    else:
        change_key(sqlite_database, (B, A), actor=LAN)
    _lines(sqlite_database, 1, B)
    change_key(sqlite_database, (C, B), actor=LAN)
    _lines(sqlite_database, 2, C)
    lines = _said(sqlite_database, C).lines
    assert lines == (9 if lost else 10)
    at = min(at, lines)
    unnoticed(sqlite_database, [f"UPDATE audit SET actor = 'Ai đó' WHERE id = {at}"])
    verdict = _said(sqlite_database, C)
    assert not verdict.ok
    assert verdict.broken is not None
    first, last = next(
        (one.first, one.last) for one in verdict.stretches if one.first <= at <= one.last
    )
    assert first <= verdict.broken <= at <= last


def test_a_closed_key_signs_nothing_even_for_whoever_has_it(database: Engine) -> None:
    """It leaked, which is why it was changed."""
    _lines(database, 2, A)
    change_key(database, (B, A), actor=LAN)
    _lines(database, 1, B)
    _forge(database, [{"key_id": key_name(A)}], {key_name(A): A})
    for keys in ((B,), (B, A)):
        assert _said(database, *keys).broken == 6
    assert "đã đóng ở dòng 4" in _said(database, B, A).sentence
    # ... nor can the lines that it had signed be written anew with it.
    rows = _rows(database)[:5]
    rows[0]["subject"] = "khác"
    for row, before in zip(rows[:3], [None, *rows], strict=False):
        row["prev_hash"] = before["hash"] if before else BEFORE_ALL
        row["hash"] = _hashed(row, {key_name(A): A})
    _put(database, rows)
    for keys in ((B,), (B, A)):
        assert not _said(database, *keys).ok


def test_what_was_changed_under_a_lost_key_before_the_loss_was_said_is_not_found(
    database: Engine,
) -> None:
    """As the page of operations says: nothing is left that could tell."""
    _lines(database, 3, A)
    unnoticed(database, ["UPDATE audit SET subject = 'khác' WHERE id = 2"])
    give_up_key(database, (B,), actor=LAN)
    assert _said(database, B).ok
    # What breaks the chain needs no key to be found.
    rows = _rows(database)
    _put(database, [*rows[:1], rows[2] | {"id": 2}, rows[1] | {"id": 3}, *rows[3:]])
    assert _said(database, B).broken == 2


def test_nor_is_what_was_changed_under_a_key_whose_seal_was_under_the_lost_one(
    database: Engine,
) -> None:
    _lines(database, 2, A)
    change_key(database, (B, A), actor=LAN)
    rows = _rows(database)
    rows[0]["subject"] = "khác"
    _put(database, rows)
    assert not _said(database, B).ok
    detail = json.loads(rows[3]["detail"]) | {"sha256": _digest_of(database, 3)}
    rows[3]["detail"] = json.dumps(detail)
    _put(database, rows)
    assert not _said(database, B).ok  # while its key is there
    give_up_key(database, (C,), actor=LAN)
    verdict = _said(database, C)
    assert (verdict.ok, _states(verdict)) == (True, ["seal_lost", "lost", "signed"])


def _digest_of(database: Engine, count: int) -> str:
    """What a seal over the first lines would say."""
    walk = Walk(())
    rows = _rows(database)
    _put(database, rows[:count])
    with database.connect() as connection:
        walk.take(connection)
    _put(database, rows)
    return str(walk.seal_detail()["sha256"])


def test_a_chain_of_keys_of_a_forgers_own_is_shown_by_the_true_one(database: Engine) -> None:
    """Sealed by somebody who was led astray: the forger's first key was not given over to."""
    _lines(database, 2, A)
    second = "attackers second" * 3
    theirs = OWN | {key_name(second): second}
    _forge(database, [{"key_id": key_name(MINE)}], theirs)
    seal = {"action": "audit_key_changed", "detail": json.dumps(_seal_of(database))}
    _forge(database, [seal | {"key_id": key_name(second)}], theirs)
    with pytest.raises(audit.AuditUnavailable, match="không giao cho khóa ấy"):
        give_up_key(database, (C, A), actor=LAN)
    give_up_key(database, (C,), actor=LAN)
    assert _states(_said(database, C)) == ["seal_lost", "seal_lost", "lost", "signed"]
    assert (_said(database, C, A).ok, _said(database, C, A).broken) == (False, 3)


def test_an_audit_cut_back_to_before_the_change(database: Engine) -> None:
    """Its end is then under a key that is not set any more: no marks are needed to see it."""
    _lines(database, 3, A)
    change_key(database, (B, A), actor=LAN)
    _lines(database, 2, B)
    rows = _rows(database)
    for last in (1, 3, 4):
        _put(database, rows[:last])
        assert (_said(database, B).ok, _said(database, B).broken) == (False, 1)
        assert _said(database, B, A).ok  # while the old key is still set, only marks tell
    _put(database, rows[:6])
    assert _said(database, B).ok  # within the present key's stretch only marks tell


def test_a_whole_audit_written_anew_without_signatures_is_told_by_the_marks(
    sqlite_database: Engine, settings: Settings
) -> None:
    shelf = Shelf.of(settings)
    _lines(sqlite_database, 3, A)
    set_mark(sqlite_database, shelf, "verify", keys=(A,))
    rows = [row | {"key_id": None, "subject": "khác"} for row in _rows(sqlite_database)]
    for row, before in zip(rows, [None, *rows], strict=False):
        row["prev_hash"] = before["hash"] if before else BEFORE_ALL
        row["hash"] = _hashed(row, {})
    _put(sqlite_database, rows)
    alone = _said(sqlite_database, A)
    assert (alone.ok, alone.unsigned, _states(alone)) == (True, 3, ["unsigned"])
    assert not audit.verify(sqlite_database, keys=(A,), shelf=shelf).ok


def test_the_quick_look_leaves_changed_texts_before_the_mark_to_verify(
    sqlite_database: Engine, settings: Settings
) -> None:
    """It takes a mark's word for the lines before; what is missing there it does not see either."""
    shelf = Shelf.of(settings)
    _lines(sqlite_database, 3, A)
    change_key(sqlite_database, (B, A), actor=LAN)
    set_mark(sqlite_database, shelf, NEW_KEY, keys=(B,))
    _lines(sqlite_database, 3, B)
    unnoticed(sqlite_database, ["UPDATE audit SET subject = 'x' WHERE id = 2"])
    assert glance(sqlite_database, shelf=shelf, keys=(B,)).ok
    assert not audit.verify(sqlite_database, keys=(B,), shelf=shelf).ok
    unnoticed(sqlite_database, ["UPDATE audit SET subject = 'x' WHERE id = 7"])
    assert glance(sqlite_database, shelf=shelf, keys=(B,)).broken == 7


def test_the_quick_look_goes_back_where_a_seal_needs_it(
    sqlite_database: Engine, settings: Settings
) -> None:
    """The last mark stands in the old key's stretch, which only the seal's whole section shows."""
    shelf = Shelf.of(settings)
    _lines(sqlite_database, 3, A)
    set_mark(sqlite_database, shelf, "timer", keys=(A,))
    _lines(sqlite_database, 2, A)
    change_key(sqlite_database, (B, A), actor=LAN)
    for keys in ((B, A), (B,)):
        assert glance(sqlite_database, shelf=shelf, keys=keys).ok
    unnoticed(sqlite_database, ["UPDATE audit SET subject = 'x' WHERE id = 5"])
    for keys in ((B, A), (B,)):
        assert not glance(sqlite_database, shelf=shelf, keys=keys).ok


def test_a_mark_under_a_strange_key_is_told_until_the_key_was_given_up(
    sqlite_database: Engine, settings: Settings
) -> None:
    shelf = Shelf.of(settings)
    _lines(sqlite_database, 2, A)
    set_mark(sqlite_database, shelf, "timer", keys=(A,))
    change_key(sqlite_database, (B, A), actor=LAN)
    set_mark(sqlite_database, shelf, NEW_KEY, keys=(B, A))
    assert "sau những mốc ký bằng khóa đã biết" in " ".join(shelf.read((A,)).faults)
    give_up_key(sqlite_database, (C, A), actor=LAN)
    set_mark(sqlite_database, shelf, "timer", keys=(C, A))
    assert shelf.read((C, A)).faults != ()  # an ordinary mark clears nothing
    _lines(sqlite_database, 1, C)
    set_mark(sqlite_database, shelf, NEW_KEY, keys=(C, A))
    assert shelf.read((C, A)).faults == ()


def test_a_back_up_of_an_older_key_is_restored_with_it_and_the_key_changed_again(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    old = settings.model_copy(update={"audit_key": SecretStr(A)})
    _lines(sqlite_database, 3, A)
    path, _ = make_backup(sqlite_database, old, tmp_path / "a.dunghan", actor=LAN)
    change_key(sqlite_database, (B, A), actor=LAN)
    set_mark(sqlite_database, Shelf.of(settings), NEW_KEY, keys=(B,))
    sqlite_database.dispose()
    new = settings.model_copy(update={"audit_key": SecretStr(B)})
    with pytest.raises(BackupRefused, match=key_name(A)):
        restore_backup(new, path, actor=LAN, replace=True)
    both = settings.model_copy(update={"audit_key": SecretStr(f"{B},{A}")})
    assert restore_backup(both, path, actor=LAN, replace=True).audit.ok
    change_key(sqlite_database, (B, A), actor=LAN)
    set_mark(sqlite_database, Shelf.of(settings), NEW_KEY, keys=(B,))
    verdict = audit.verify(sqlite_database, keys=(B,), shelf=Shelf.of(settings))
    assert (verdict.ok, _states(verdict)) == (True, ["sealed", "signed"]), verdict.sentence


def test_many_faults_are_told_shortly(sqlite_database: Engine) -> None:
    _lines(sqlite_database, 9, A)
    unnoticed(sqlite_database, ["UPDATE audit SET subject = 'x' WHERE id IN (2, 4, 5, 7, 9)"])
    verdict = _said(sqlite_database, A)
    assert verdict.broken == 2
    assert verdict.sentence.startswith("Nội dung dòng 2 đã bị sửa. Nội dung dòng 4 đã bị sửa. ")
    assert "Còn 2 chỗ khác không khớp." in verdict.sentence


# -- any history, any tampering ------------------------------------------------------------------


@dataclass
class _History:
    """An audit that has lived: which keys there were, and which of them somebody still has."""

    database: Engine
    shelf: Shelf
    keys: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def live(self, event: str, keeps: bool) -> None:
        if event == "lines":
            _lines(self.database, 2, *self.kept)
        elif event == "mark":
            set_mark(self.database, self.shelf, "timer", keys=self.kept)
        else:
            self._pass_on(event, keeps)

    def _pass_on(self, event: str, keeps: bool) -> None:
        new = f"{len(self.keys)}" * 40
        self.keys.append(new)
        last = _rows(self.database)[-1:]
        if not last or last[0]["key_id"] is None:
            self.kept = [new]  # the first key
            return
        if event == "change":
            change_key(self.database, (new, *self.kept), actor=LAN)
            self.kept = [new, *(self.kept if keeps else [])]
        else:
            self.kept = [new]
            give_up_key(self.database, self.kept, actor=LAN)
        set_mark(self.database, self.shelf, NEW_KEY, keys=self.kept)


_EVENTS = st.lists(
    st.tuples(st.sampled_from(["lines", "lines", "mark", "change", "lose"]), st.booleans()),
    min_size=1,
    max_size=10,
)
_TAMPERINGS = ("change", "delete", "reorder", "cut", "insert")


def _tampered(
    rows: list[dict[str, Any]], how: str, at: int, other: int, key_id: str | None
) -> list[dict[str, Any]]:
    rows = [dict(row) for row in rows]
    if how == "change":
        rows[at]["actor"] = "Ai đó"
    elif how == "delete":
        del rows[at]
    elif how == "reorder":
        rows[at], rows[other] = rows[other], rows[at]
    elif how == "cut":
        del rows[at:]
    else:
        lost = {"action": "audit_key_lost", "detail": '{"lost":[]}', "key_id": key_id}
        rows.insert(at, rows[other] | lost)
    return [row | {"id": number} for number, row in enumerate(rows, 1)]


def _chained_anew(rows: list[dict[str, Any]], start: int, key_id: str | None) -> None:
    """Every line from there on under a key of the forger's own, or under none."""
    before = rows[start - 1]["hash"] if start else BEFORE_ALL
    for row in rows[start:]:
        row |= {"prev_hash": before, "key_id": key_id}
        row["hash"] = before = _hashed(row, OWN)


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_done_to_whatever_history_is_found_where_the_page_says(
    new_audit: Callable[[], _History], data: st.DataObject
) -> None:
    history = new_audit()
    _lines(history.database, data.draw(st.integers(1, 2)))
    for event, keeps in data.draw(_EVENTS):
        history.live(event, keeps)
    database, shelf, keys = history.database, history.shelf, history.kept
    whole = audit.verify(database, keys=keys, shelf=shelf)
    assert whole.ok, whole.sentence
    assert glance(database, keys=keys, shelf=shelf).ok
    rows = _rows(database)
    count = len(rows)
    how = data.draw(st.sampled_from(_TAMPERINGS))
    at = data.draw(st.integers(0, count - (how != "insert")))
    other = data.draw(st.integers(0, count - 1).filter(lambda one: count == 1 or one != at))
    key_id = data.draw(st.sampled_from([None, key_name(MINE), *map(key_name, history.keys)]))
    anew = data.draw(st.booleans())
    changed = _tampered(rows, how, at, other, key_id)
    if anew and how != "cut":
        _chained_anew(changed, min(at, other) if how == "reorder" else at, key_id)
    _put(database, changed, head=True)
    verdict = audit.verify(database, keys=keys, shelf=shelf)
    alone = audit.verify(database, keys=keys)
    marked = whole.vouched or 0
    database.dispose()
    if changed == rows:
        return
    if at < marked:  # marks tell of everything before the last one
        assert not verdict.ok
    unsigned_only = all(row["key_id"] is None for row in changed)
    if changed == rows[: len(changed)]:  # a tail that is gone with its head: only of the present
        known = [None, *map(key_name, keys)]
        assert alone.ok == (not changed or changed[-1]["key_id"] in known)
    elif unsigned_only:  # written anew without a key, as anybody can
        assert alone.ok == anew
    else:
        assert not alone.ok


@pytest.fixture(scope="module")
def new_audit(
    _sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], _History]:
    """A new database with an audit of its own, and a shelf for its marks."""
    import shutil

    from connectors.database.session import open_database

    def make() -> _History:
        folder = tmp_path_factory.mktemp("history")
        shutil.copy(_sqlite_template, folder / "dung-han.db")
        made = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
        return _History(open_database(made.database_url), Shelf.of(made))

    return make
