"""The one form: what a register's declaration says, asked on the screen.

From the declaration come the fields and their order, the marks of what must be there, the words
to choose from, and how a row is added, mended in any column, withdrawn with a reason and restored.
A screen adds only what it knows better: what is fixed, what stands there first, and its own
refusals. What is refused keeps what was typed; what was written leaves an empty form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import streamlit as st

from connectors.registers import BEGINNING, Entry, RegisterRefused, SnapshotNotRefreshed
from metrics.core.vietnamese import moment, number
from metrics.registers import REGISTERS
from metrics.registers.columns import LONG, Column, Register
from ui.kit import attached, writing
from ui.kit.fields import Offers, ask
from ui.shell.context import Frame
from ui.shell.text import plain

_NOTE: Final = "form_told"
_ADDED: Final = "Nhập trên màn hình"

Refuse = Callable[[Mapping[str, Any]], list[str]]
"""What was typed, by column name → sentences that say what is missing or wrong."""


@dataclass(frozen=True)
class Form:
    """A form for new rows of a register.

    ``fixed``: values that the screen knows and does not ask. ``usual``: what stands there first.
    ``only``: the columns asked, where not all are. ``offers``: column → texts to choose from,
    beside which others can be typed. ``when``: the column that says when it happened.
    """

    register: str
    title: str
    icon: str = ":material/add:"
    button: str = ""
    done: str = "Đã ghi."
    fixed: Mapping[str, Any] = field(default_factory=dict)
    usual: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    offers: Mapping[str, Offers] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    refuse: Refuse = lambda values: []
    when: str = ""
    about: str = ""
    # Boxes that are asked, heard by ``refuse`` and not written: name → label.
    also: Mapping[str, str] = field(default_factory=dict)
    # What is asked where no register is written (:func:`entry`).
    columns: tuple[Column, ...] = ()
    # It stands open at once: who came by a link to it.
    is_open: bool = False
    # Whether files can be given, too; ``write`` of :func:`entry` finds them as ``files``.
    takes_files: bool = False

    @property
    def declared(self) -> Register:
        return REGISTERS[self.register]

    @property
    def fields(self) -> list[Column]:
        """The columns that are asked, in order."""
        wanted = self.columns or self.declared.fields
        if self.only:
            wanted = tuple(self.declared.by_name[name] for name in self.only)
        return [column for column in wanted if column.name not in self.fixed]


def told() -> None:
    """What the last form did, once: at the top of the screen, where it is seen."""
    level, text = st.session_state.pop(_NOTE, (None, None))
    if text:
        (st.success if level == "ok" else st.warning)(text)


def fold(frame: Frame, form: Form, until: datetime, key: str = "") -> None:
    """A form for a new row, folded away. ``key``: of what is open, where it belongs to that."""
    with st.expander(plain(form.title), form.is_open, icon=form.icon):
        add(frame, form, until, key)


def add(frame: Frame, form: Form, until: datetime, key: str = "") -> None:
    """A form for a new row."""
    named = key_of("new", form.register, key)
    if form.about:
        st.caption(form.about)
    with st.form(named, border=False):
        usual = {"source": _ADDED} | dict(form.usual)
        values = _fields(frame, form, usual, named)
        also = {n: st.checkbox(label, key=f"{named}_{n}") for n, label in form.also.items()}
        sent = writing.submit(form.button or form.title, type="primary")
    if not sent:
        return
    if wrong := problems(form, values | also):
        refused(wrong)
        return
    save(
        [Entry(form.register, {**values, **form.fixed})],
        form.done.format(**{k: v for k, v in values.items() if isinstance(v, str)}),
        turn=("new", form.register, key),
        happened=values.get(form.when),
        until=until,
    )


def entry(
    frame: Frame,
    form: Form,
    write: Callable[[Mapping[str, Any]], object],
    present: Mapping[str, Any] | None = None,
    key: str = "",
) -> None:
    """A form of what is in no register (``form.columns``): asked, refused and told like the others.

    Args:
        write: takes what was typed, by column name. present: what stands there first.
        key: of what is open, where it belongs to that.
    """
    named = key_of("entry", form.register, key)
    if form.about:
        st.caption(form.about)
    with st.form(named, border=False):
        values = _fields(frame, form, form.usual if present is None else present, named)
        files = attached.uploader(named) if form.takes_files else []
        sent = writing.submit(form.button or form.title, type="primary")
    if not sent:
        return
    if wrong := problems(form, values):
        refused(wrong)
        return
    turn, more = ("entry", form.register, key), {"files": files} if form.takes_files else {}
    written(lambda: write({**values, **form.fixed, **more}), form.done, turn)


def mend(frame: Frame, register: str, row: int, form: Form | None = None) -> None:
    """What may be done with an open row: mend any column, withdraw it with a reason.

    ``form``: the screen's own for new rows, for what it knows beside the declaration.
    """
    if not writing.may_amend(register, row):
        return
    kept = writing.kept(register, row)
    if kept is None:
        return
    declared = REGISTERS[register]
    known = form or Form(register, "")
    every = Form(register, "", offers=known.offers, labels=known.labels)
    with st.expander(f"Sửa {declared.noun}", icon=":material/edit:"):
        amend(frame, every, row, kept)
    with st.expander(f"Rút {declared.noun} khỏi sổ", icon=":material/delete:"):
        _withdraw(register, row, declared.noun)


def amend(
    frame: Frame, form: Form, row: int, kept: Mapping[str, Any], until: datetime | None = None
) -> None:
    """A form that mends a row, or (``form.only``) some columns of it.

    Args:
        kept: the row as it is now (writing.kept).
    """
    turn = ("mend" + "_some" * bool(form.only), form.register, str(row))
    named = key_of(*turn)
    present = {column.name: kept.get(str(column.target)) for column in form.fields}
    with st.form(named, border=False):
        values = _fields(frame, form, present, named)
        sent = writing.submit(form.button or "Ghi sửa đổi")
    if not sent:
        return
    if wrong := form.refuse(values):
        refused(wrong)
        return
    changed = {name: value for name, value in values.items() if value != present[name]}
    if not changed:
        refused(["Chưa có gì thay đổi."])
        return
    entry = Entry(form.register, changed, {"id": row})
    done = form.done if form.only else "Đã ghi sửa đổi."
    save([entry], done, turn=turn, happened=values.get(form.when), until=until)


def _withdraw(register: str, row: int, noun: str) -> None:
    named = key_of("withdraw", register, str(row))
    st.caption(
        f"{noun.capitalize()} rút khỏi sổ thì từ nay không còn trong số liệu nào; nội dung, lịch "
        "sử và lý do vẫn giữ, và khôi phục được."
    )
    with st.form(named, border=False):
        reason = st.text_area("Lý do rút *", key=f"{named}_reason", height=80, max_chars=1000)
        never = st.checkbox("Chưa bao giờ đúng: bỏ khỏi số liệu của mọi kỳ", key=f"{named}_never")
        sent = writing.submit("Rút khỏi sổ")
    if not sent:
        return
    since = BEGINNING if never else None
    written(lambda: writing.withdraw(register, row, reason, since), f"Đã rút {noun} khỏi sổ.")


def withdrawn(register: str) -> None:
    """What was withdrawn, with the way back."""
    gone = writing.withdrawn(register)
    if gone.is_empty():
        return
    declared = REGISTERS[register]
    with st.expander(
        f"Đã rút: {declared.label} ({number(gone.height)})", icon=":material/restore_from_trash:"
    ):
        for row in gone.iter_rows(named=True):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(
                    f"**{plain(row['what'])}** – rút {moment(row['at'])}, {plain(row['by'])}: "
                    f"{plain(row['reason'])}"
                )
                restore(register, row["row_id"])


def restore(register: str, row: int, where: str = "") -> None:
    """The button that brings a withdrawn row back. ``where``: beside another one of the row."""
    if st.button("Khôi phục", key=f"restore{where}_{register}_{row}"):
        noun = REGISTERS[register].noun
        written(lambda: writing.restore(register, row), f"Đã khôi phục {noun}.")


# -- writing ------------------------------------------------------------------------------


def refused(problems: Sequence[str]) -> None:
    """Says beside the form why nothing was written."""
    st.error("Chưa ghi được:  \n" + "  \n".join(plain(problem) for problem in problems))


def save(
    entries: Sequence[Entry],
    done: str,
    *,
    turn: tuple[str, str, str],
    happened: date | None = None,
    until: datetime | None = None,
) -> None:
    """Writes rows that belong together, tells at the top, and runs the page anew.

    Args:
        turn: which form it was, so that it comes back empty.
        happened: when what was written happened; after the figures' moment it changes none.
        until: the figures' moment.
    """
    written(lambda: writing.write(entries), done + _later(happened, until), turn)


def written(
    write: Callable[[], object], done: str, turn: tuple[str, str, str] | None = None
) -> None:
    """Writes, tells at the top what was done, and runs the page anew; or says why not.

    ``write``: a sentence that it returns is told in place of ``done``. ``turn``: which form it
    was, so that it comes back empty.
    """
    said = ("warn" if _NOT_YET in done else "ok", done)
    try:
        told = write()
        if isinstance(told, str):
            said = ("ok", told)
    except RegisterRefused as problem:
        refused(str(problem).splitlines())
        return
    except SnapshotNotRefreshed as behind:
        said = ("warn", str(behind))
    st.session_state[_NOTE] = said
    if turn is not None:
        st.session_state[_turn(*turn)] = st.session_state.get(_turn(*turn), 0) + 1
    st.rerun()


_NOT_YET: Final = "các số trên màn hình chưa đổi"


def _later(happened: date | None, until: datetime | None) -> str:
    if happened is None or until is None:
        return ""
    is_moment = isinstance(happened, datetime)
    at = happened if is_moment else datetime(happened.year, happened.month, happened.day)
    if at < until:
        return ""
    return f" Thời điểm ghi ở sau thời điểm số liệu đang xem nên {_NOT_YET}; hãy chọn kỳ muộn hơn."


# -- fields -------------------------------------------------------------------------------


def _turn(kind: str, register: str, key: str) -> str:
    return f"form_turn_{kind}_{register}_{key}"


def key_of(kind: str, register: str, key: str) -> str:
    """The key of a form: another one each time it has written, so that it comes back empty."""
    at = st.session_state.get(_turn(kind, register, key), 0)
    return "_".join(part for part in (kind, register, key, str(at) if at else "") if part)


def _fields(frame: Frame, form: Form, present: Mapping[str, Any], named: str) -> dict[str, Any]:
    """The widgets, short ones two beside each other; what is typed, by column name."""
    values: dict[str, Any] = {}
    short: list[Column] = []

    def flush() -> None:
        for at in range(0, len(short), 2):
            for place, column in zip(st.columns(2), short[at : at + 2], strict=False):
                with place:
                    values[column.name] = _ask(frame, form, column, present, named)
        short.clear()

    for column in form.fields:
        if column.length == LONG:
            flush()
            values[column.name] = _ask(frame, form, column, present, named)
        else:
            short.append(column)
    flush()
    return values


def _ask(frame: Frame, form: Form, column: Column, present: Mapping[str, Any], named: str) -> Any:
    must = column.required or bool(column.asked)
    label = form.labels.get(column.name, column.label) + (" *" if must else "")
    usual = present.get(column.name, column.default)
    return ask(frame, column, label, usual, f"{named}_{column.name}", form.offers.get(column.name))


def problems(form: Form, values: Mapping[str, Any]) -> list[str]:
    """Why what was typed cannot be taken in: a sentence for each field that must be there and is
    not, and the screen's own refusals."""
    missing = [
        column.asked or f"Hãy điền “{column.label}”."
        for column in form.fields
        if (column.required or column.asked) and not _is_there(values.get(column.name))
    ]
    return missing + form.refuse({**values, **form.fixed})


def _is_there(value: Any) -> bool:
    return value not in (None, ()) and bool(str(value).strip())
