"""What may be sent by itself to whom: checked when a schedule is kept, and again when it is due.

A receiver is an account: what it gets is cut to its units and its role at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.access import AccountRecord, all_accounts, may
from connectors.access.scope import scope_of
from connectors.database.session import Database
from connectors.engine import Facts, Scope, open_facts
from connectors.sending.plan import Sending
from connectors.sending.schedules import ScheduleRefused
from connectors.settings import Settings
from metrics.core.periods import Period, UnknownPeriod, period_of
from reports.material import Rights
from reports.registry import REPORTS


class Unsendable(RuntimeError):
    """It cannot be made or delivered; the message, in Vietnamese, says why."""


@dataclass(frozen=True)
class Whose:
    """What a receiver may see, at this moment."""

    scope: frozenset[int] | None
    rights: Rights
    unit: int | None
    """Its own unit: what is "everything" to it is called by that name."""


def check(settings: Settings, database: Database, sending: Sending, today: date) -> None:
    """Whether a schedule can be sent to all of its receivers as things are now.

    Raises:
        ScheduleRefused: no such report, format or kind of period; a receiver who is no account in
            use, may take no reports away, or may not see the unit (Vietnamese, names it).
    """
    try:
        check_report(sending)
        last_whole(sending.period, datetime.combine(today, sending.at), None)
        facts, accounts = open_facts(settings, Scope(None)), all_accounts(database)
        for one in sending.receivers:
            found = whose(facts, accounts, one.account)
            if sending.unit is not None and not _sees(found, int(sending.unit)):
                raise Unsendable(
                    f"Đơn vị của báo cáo nằm ngoài phạm vi của tài khoản “{one.account}”."
                )
    except Unsendable as problem:
        raise ScheduleRefused(str(problem)) from problem


def _sees(found: Whose, unit: int) -> bool:
    return found.scope is None or unit in found.scope


def check_report(sending: Sending) -> None:
    """Raises Unsendable where there is no such report, or not in these formats."""
    declared = REPORTS.get(sending.report)
    if declared is None or set(sending.formats) - set(declared.formats):
        known = "; ".join(f"{key}: {', '.join(one.formats)}" for key, one in REPORTS.items())
        raise Unsendable(f"Không có báo cáo “{sending.report}” ở định dạng đã ghi. Có: {known}.")


def whose(facts: Facts, accounts: Iterable[AccountRecord], name: str) -> Whose:
    """What an account may see. Raises Unsendable where it may get nothing."""
    account = next((one for one in accounts if one.name == name), None)
    if account is None or account.is_locked:
        raise Unsendable(f"Không có tài khoản “{name}” đang dùng; hãy sửa lịch gửi.")
    if not may(account.role, "export"):
        raise Unsendable(f"Vai trò của tài khoản “{name}” không được tải danh sách, báo cáo.")
    rights = Rights(
        officers=may(account.role, "see_officers"),
        sensitive_titles=may(account.role, "see_sensitive_titles"),
        small_groups=may(account.role, "open_small_groups"),
    )
    scope = scope_of(account.unit_id, account.role, facts.units).units
    return Whose(scope, rights, account.unit_id)


def last_whole(kind: str, moment: datetime, zone: ZoneInfo | None) -> Period:
    """The last period of a kind that had ended by then. Raises Unsendable for no kind.

    Args:
        zone: what the moment is told in, where it is aware; None: it is local.
    """
    local = moment if zone is None else moment.astimezone(zone).replace(tzinfo=None)
    try:
        found = period_of(kind, local.date())
    except (KeyError, UnknownPeriod) as error:
        raise Unsendable(f"Không có loại kỳ “{kind}”.") from error
    while datetime.combine(found.last + timedelta(days=1), found.cut) > local:
        found = found.previous
    return found
