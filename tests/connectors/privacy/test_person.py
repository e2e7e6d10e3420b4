"""One person's data is found, given out and erased everywhere; every figure stays as it was."""

from __future__ import annotations

import gzip
import json
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, insert, select

from connectors import snapshot
from connectors.__main__ import main
from connectors.audit import Actor, AuditRefused
from connectors.database.models import Apology, Dossier, Unit
from connectors.database.session import migrate, open_database, write_transaction
from connectors.engine import Scope, open_facts
from connectors.intake import ImportReport
from connectors.personal.erase import allow, erase
from connectors.personal.files import files_with
from connectors.personal.find import find
from connectors.personal.wanted import Person, PersonRefused, refuse_several, wanted
from connectors.privacy import ReasonRefused
from connectors.registers import Entry, save_all
from connectors.settings import Settings
from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.dossiers.catalogue import FIGURES
from tests.connectors.intake.conftest import MAPPING, add_catalogue
from tests.connectors.privacy.conftest import HEADER, Planted, planted, with_keys
from tests.connectors.privacy.test_planted import _found
from tests.postgres_server import PostgresServer

LAN = Actor("quan-tri", 1)
REASON = "Theo đơn số 12/2026 của công dân"
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_what_names_nobody_is_refused() -> None:
    for said in ({}, {"number": "12"}, {"phone": "12345"}, {"name": "Lan"}, {"code": "HS-1"}):
        with pytest.raises(PersonRefused):
            wanted(**said)
    asked = wanted(phone="+84 912.345.678")
    assert asked.phone == "0912345678"
    assert "0912" not in repr(asked)


class Place:
    """An installation in which one of ten owners has four dossiers, rejected rows and notes."""

    def __init__(self, tmp_path: Path, key: str | None, url: str | None) -> None:
        self.folder, self.source = tmp_path / "var", tmp_path / "ho-so.csv"
        self.folder.mkdir()
        self.url = url or f"sqlite:///{self.folder}/dung-han.db"
        self.environment = {
            "DATA_DIR": str(self.folder), "DATABASE_URL": self.url, "OWNER_KEY": key or "",
            "TMPDIR": str(self.folder),
        }  # fmt: skip
        self.settings = with_keys(
            Settings(data_dir=self.folder, database_url=self.url), *([key] if key else [])
        )
        self.database: Engine = open_database(self.url)
        migrate(self.database)
        add_catalogue(self.database)
        self.others = planted(10)
        self.person = self.others.pop(1)
        more = [
            replace(self.person, code="HS-91"),
            replace(self.person, code="HS-92", rejected=True),
        ]
        # Without a number it is the same person by name and telephone.
        more.append(replace(self.person, code="HS-93", national_id=""))
        rows = [self.person, *self.others, *more]
        self.source.write_text("\n".join([HEADER, *(one.row() for one in rows)]) + "\n", "utf-8")

    def run(self, *words: str, typed: str = "", ends: int = 0) -> Result:
        """A command; what it says is kept beside the database, as a log would be."""
        done = CliRunner().invoke(
            main, list(words), input=typed, env=self.environment, catch_exceptions=False
        )
        assert done.exit_code == ends, done.output
        with (self.folder / "log").open("a", encoding="utf-8") as log:
            log.write(done.output.replace(typed.partition("\n")[0], "") if typed else done.output)
        return done

    def take(self, mapping: Path) -> None:
        self.run("import", str(self.source), "--mapping", str(mapping))

    def name_in_notes(self) -> None:
        phone = f"{self.person.phone[:4]} {self.person.phone[4:]}"
        said = f"Đã hẹn {self.person.name.lower()}, số {phone}"
        with self.database.connect() as connection:
            unit = connection.scalar(select(Unit.id).limit(1))
        values = {
            "code": "KH",
            "unit_id": unit,
            "name": "Kế hoạch",
            "kind": "plan",
            "source": "KH 1",
            "wording": said,
        }
        entry = Entry("programme", values)
        save_all(self.database, self.settings, [entry], by="Lan", at=NOW)
        with write_transaction(self.database) as connection:
            number = connection.scalar(select(Dossier.id).limit(1))
            apology = {"dossier_id": number, "issued_at": NOW, "reason": said}
            connection.execute(insert(Apology).values(apology))

    def figures(self) -> list[pl.DataFrame]:
        snapshot.refresh(self.database, self.settings)
        facts = open_facts(self.settings, Scope(None))
        ask = Ask(date(2025, 1, 1), date(2025, 12, 31), facts.calendar)
        return [measure(facts, list(FIGURES.values()), [ask], by) for by in ([], ["unit_id"])]

    def holds(self, one: Planted) -> set[str]:
        return _found(self.folder, [one])


def unpacked(place: Place) -> None:
    """A back-up made now, with what is packed in it laid open beside it."""
    target = place.folder / "sao-luu.dunghan"
    place.run("backup", str(target))
    with tarfile.open(target) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member).read()  # type: ignore[union-attr]
            if member.name.endswith(".gz"):
                content = gzip.decompress(content)
            (place.folder / f"sao-luu-{member.name.replace('/', '-')}").write_bytes(content)


def erased_everywhere(place: Place, mapping: Path) -> None:
    """The whole way: taken in, found, given out, erased; nothing is left, nothing comes back."""
    person = place.person
    place.take(mapping)
    place.name_in_notes()
    before = place.figures()
    found = find(place.database, wanted(number=person.national_id), place.settings.owner_keys)
    assert [one.code for one in found.dossiers] == ["HS-1", "HS-91", "HS-93"]
    assert (found.counts["rejected"], {note.table for note in found.notes}) == (
        1, {"programme", "apology", "change_log"},
    )  # fmt: skip
    typed = f"{person.national_id}\n{REASON}\n"
    given = place.source.with_name("cap.json")
    place.run("person", "export", str(given), typed=typed)
    content = given.read_text("utf-8")
    assert all(content.count(secret) >= 2 for secret in person.secrets())
    assert not any(secret in content for secret in place.others[0].secrets())
    assert given.stat().st_mode & 0o077 == 0

    place.run("person", "delete", "--yes", typed=typed)
    unpacked(place)
    if place.url.startswith("sqlite"):
        assert place.holds(person) == set()
    for left, right in zip(before, place.figures(), strict=True):
        assert left.equals(right)
    keys = place.settings.owner_keys
    # The same file, and then a changed one: nobody comes back, also not among rejected rows.
    place.take(mapping)
    changed = place.source.read_text("utf-8").replace("Trực tuyến", "Trực tiếp")
    place.source.write_text(changed, "utf-8")
    place.take(mapping)
    unseen = find(place.database, wanted(name=person.name, code="HS-1"), keys)
    assert unseen.counts == {"dossiers": 0, "rejected": 0, "notes": 0}
    (place.folder / "sao-luu.dunghan").unlink()
    unpacked(place)
    if place.url.startswith("sqlite"):
        assert place.holds(person) == set()
    place.run("person", "find", typed=f"{person.national_id}\n")


def test_nothing_is_left_anywhere_and_every_figure_stays(
    tmp_path: Path, owner_mapping: Path, key: str
) -> None:
    place = Place(tmp_path, key, None)
    erased_everywhere(place, owner_mapping)
    lines = place.run("audit", "list").output
    assert "Xóa dữ liệu của một người" in lines
    assert REASON in lines
    assert place.run("audit", "verify")
    place.database.dispose()


@pytest.mark.proof
def test_nor_without_a_key(tmp_path: Path, owner_mapping: Path) -> None:
    place = Place(tmp_path, None, None)
    erased_everywhere(place, owner_mapping)
    place.database.dispose()


@pytest.mark.proof
@pytest.mark.postgres
def test_nor_in_the_files_and_dumps_of_postgresql(
    tmp_path: Path, owner_mapping: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.create()
    place = Place(tmp_path, None, postgres_server.url(name))
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        own = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        kept = postgres_server.folder / "data" / "base" / str(own.fetchone()[0])  # type: ignore[index]
        place.take(owner_mapping)
        connection.execute("CHECKPOINT")
        assert _found(kept, [place.person]), "the search finds what there is"
        erased_everywhere(place, owner_mapping)
        connection.execute("CHECKPOINT")
    assert _found(kept, [place.person]) == set()
    place.database.dispose()
    postgres_server.drop(name)


def test_who_is_the_same_person() -> None:
    """The same number; without one the same name and telephone; never a name alone."""
    lan = {"name": "Trần Thị Lan", "phone": "+84 912 345 678", "national_id": "012.345.678.901"}
    person = Person.of(wanted(number="012345678901"))
    person.learn(lan, "HS-1")
    assert person.owns({**lan, "name": "Lan Trần", "phone": None})
    assert person.owns({"name": "TRẦN THỊ  LAN", "phone": "0912345678", "national_id": ""})
    assert not person.owns({**lan, "national_id": "099000111222"})
    assert not person.owns({**lan, "phone": None, "national_id": None})
    assert person.is_in(["x", "Số: 012 345 678 901"])
    assert person.is_in(["HS-1"])
    assert person.is_in(["0912.345.678", "trần thị lan"])
    assert not person.is_in(["0912.345.678", "Trần Văn Nam"])  # of the same household
    assert not person.is_in(["Trần Thị Lan"])
    nam = {"name": "Trần Văn Nam", "phone": "0912345678", "national_id": None}
    with pytest.raises(PersonRefused, match="của 2 người"):
        refuse_several([lan, nam])
    refuse_several([lan, {**lan, "national_id": None}])


def test_what_was_erased_comes_back_when_it_is_allowed(
    database: Engine, settings: Settings, taken: Callable[..., ImportReport], key: str
) -> None:
    people, own = planted(3), with_keys(settings, key)
    taken(people, key)
    asked = wanted(number=people[1].national_id)
    for reason in ("x", f"Theo đơn của ông {people[1].name}", f"Số {people[1].phone}"):
        with pytest.raises((PersonRefused, ReasonRefused, AuditRefused)):
            erase(database, own, asked, reason, actor=LAN)
    assert find(database, asked, [key]).counts["dossiers"] == 1
    done = erase(database, own, asked, REASON, actor=LAN)
    assert done.counts == {"dossiers": 1, "rejected": 0, "notes": 0}
    with pytest.raises(PersonRefused, match="Không có dữ liệu"):
        erase(database, own, asked, REASON, actor=LAN)
    assert taken(people, key).rows_changed == 1
    assert taken(people, key).rows_changed == 0
    assert find(database, asked, [key]).nothing
    with pytest.raises(PersonRefused):
        allow(database, own, "HS-0", actor=LAN)
    assert allow(database, own, " HS-1 ", actor=LAN) == 1
    taken(people, key)
    assert find(database, asked, [key]).counts["dossiers"] == 1


def test_files_of_watched_folders_that_name_somebody_are_told(
    settings: Settings, tmp_path: Path
) -> None:
    watched, mappings = tmp_path / "den", tmp_path / "anh-xa"
    (watched / "da-nhan").mkdir(parents=True)
    mappings.mkdir()
    (mappings / "mot-cua.toml").write_text(f'{MAPPING}\n[folder]\npath = "{watched}"\n', "utf-8")
    own = settings.model_copy(update={"mappings_dir": mappings})
    one = planted(2)[1]
    (watched / "khac.csv").write_text(planted(1)[0].row(), "utf-8")
    (watched / "da-nhan" / "ten.json").write_text(json.dumps({"a": one.name}), "utf-8")
    with zipfile.ZipFile(watched / "so.xlsx", "w") as book:
        book.writestr("xl/sharedStrings.xml", f"<t>{one.national_id}</t>")
    person = Person.of(wanted(number=one.national_id))
    person.learn({"name": one.name, "phone": one.phone, "national_id": one.national_id}, one.code)
    found = files_with(own, person.pattern())
    assert [path.name for path in found] == ["ten.json", "so.xlsx"]
    assert files_with(settings, person.pattern()) == []
