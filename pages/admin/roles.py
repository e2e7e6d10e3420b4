"""Administration: the table of roles and actions, as it is in force."""

from __future__ import annotations

import streamlit as st

from connectors.access import all_accounts, table
from metrics.core.vietnamese import number
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import safe


def roles(frame: Frame) -> None:
    """Who may do what, and how many accounts have each role."""
    database = data.database()
    known = asked(lambda: all_accounts(database)) or []
    opened = [one.role for one in known if not one.is_locked]
    labels = table().roles
    head = "".join(
        f'<th scope="col">{safe(label)}<small>{number(opened.count(role))} tài khoản</small></th>'
        for role, label in labels.items()
    )
    screens, actions = _rows("page:"), _rows("")
    st.html(
        '<div class="dh-scroll"><table class="dh-days dh-roles"><thead><tr>'
        f'<th scope="col">Việc</th>{head}</tr></thead><tbody>'
        f"{_heading('Xem màn hình')}{screens}"
        f"{_heading('Làm được gì')}{actions}</tbody></table></div>"
    )
    st.caption(
        "Vai trò nói được làm gì; đơn vị của tài khoản nói làm với số liệu của ai: đơn vị ấy và "
        "các đơn vị bên dưới. Việc nào không có trong bảng thì không ai được làm. Bảng nằm trong "
        "connectors/access/roles.toml và chỉ sửa trên máy chủ."
    )


def _heading(text: str) -> str:
    span = len(table().roles) + 1
    return f'<tr class="dh-roles-group"><th scope="rowgroup" colspan="{span}">{text}</th></tr>'


def _rows(prefix: str) -> str:
    """The actions' rows: of screens (``page:``), or of everything else."""
    found = table()
    rows = []
    for key, action in found.actions.items():
        if key.startswith("page:") is not (prefix == "page:"):
            continue
        cells = "".join(
            "<td>● được</td>" if role in action.roles else '<td class="dh-muted">–</td>'
            for role in found.roles
        )
        label = action.label.removeprefix("Xem ") if prefix else action.label
        rows.append(f'<tr><th scope="row">{safe(label)}</th>{cells}</tr>')
    return "".join(rows)
