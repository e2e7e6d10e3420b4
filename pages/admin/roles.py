"""Administration: the table of roles and actions, as it is in force."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from connectors.access import all_accounts, table
from metrics.core.vietnamese import UNKNOWN, number
from ui.kit.marks import GOOD
from ui.kit.table import Column, Row
from ui.kit.table import table as rows_table
from ui.shell import data
from ui.shell.answers import asked


def roles() -> None:
    """Who may do what, and how many accounts have each role."""
    database = data.database()
    known = asked(lambda: all_accounts(database)) or []
    opened = [one.role for one in known if not one.is_locked]
    counts = [f"{label}: {number(opened.count(role))}" for role, label in table().roles.items()]
    st.caption(f"Tài khoản đang mở – {'; '.join(counts)}.")
    for heading, of_screens in (("Xem màn hình", True), ("Làm được gì", False)):
        st.header(heading)
        _actions(heading, of_screens=of_screens)
    st.caption(
        "Vai trò nói được làm gì; đơn vị của tài khoản nói làm với số liệu của ai: đơn vị ấy và "
        "các đơn vị bên dưới. Việc nào không có trong bảng thì không ai được làm. Bảng nằm trong "
        "connectors/access/roles.toml và chỉ sửa trên máy chủ."
    )


def _actions(heading: str, *, of_screens: bool) -> None:
    """The actions' rows: of screens (``page:``), or of everything else."""

    def allowed(role: str) -> Callable[[Row], str]:
        return lambda row: GOOD.text("được") if role in row["roles"] else UNKNOWN

    rows = [
        {
            "label": each.label.removeprefix("Xem ") if of_screens else each.label,
            "roles": each.roles,
        }
        for key, each in table().actions.items()
        if key.startswith("page:") is of_screens
    ]
    rows_table(
        rows,
        (
            Column("Việc", "label", is_name=True),
            *(Column(label, allowed(role)) for role, label in table().roles.items()),
        ),
        alt=heading,
        sorts=False,
    )
