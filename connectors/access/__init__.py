"""Who may come in and what they may do: accounts, sessions, roles, scope."""

from connectors.access.accounts import (
    AccountRecord,
    AccountRefused,
    add_account,
    all_accounts,
    change_account,
    change_passphrase,
    delete_account,
    find_account,
    first_account,
    lock_account,
    reset_passphrase,
    tidy_name,
    unlock_account,
)
from connectors.access.attempts import begin, pause, proved, wait
from connectors.access.moment import Moment
from connectors.access.passphrase import PassphraseRefused
from connectors.access.policy import policy
from connectors.access.roles import may, table
from connectors.access.scope import scope_of
from connectors.access.sessions import (
    Reader,
    SessionRecord,
    last_sign_ins,
    live_sessions,
    reader_of,
    redeem,
    revoke,
    revoke_all,
    sign_out,
)
from connectors.access.signin import (
    Credential,
    credential,
    let_in,
    let_in_vouched,
    turn_away,
)
from connectors.access.visitor import Visitor
from connectors.access.waits import Wait, clear, clear_waits, waits

__all__ = [
    "AccountRecord",
    "AccountRefused",
    "Credential",
    "Moment",
    "PassphraseRefused",
    "Reader",
    "SessionRecord",
    "Visitor",
    "Wait",
    "add_account",
    "all_accounts",
    "begin",
    "change_account",
    "change_passphrase",
    "clear",
    "clear_waits",
    "credential",
    "delete_account",
    "find_account",
    "first_account",
    "last_sign_ins",
    "let_in",
    "let_in_vouched",
    "live_sessions",
    "lock_account",
    "may",
    "pause",
    "policy",
    "proved",
    "reader_of",
    "redeem",
    "reset_passphrase",
    "revoke",
    "revoke_all",
    "scope_of",
    "sign_out",
    "table",
    "tidy_name",
    "turn_away",
    "unlock_account",
    "wait",
    "waits",
]
