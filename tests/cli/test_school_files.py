"""A school leaves with everything, and comes into another installation as it was."""

import asyncio
import hashlib
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import LargeBinary
from sqlalchemy.engine import make_url

import app as cairn
from app.core.settings import Settings
from app.db import school_rows
from app.db.migrate import migrate
from app.db.models import Base
from app.db.row_trace import SECRETS
from app.db.session import Database
from app.demo import plot
from app.demo.loader import load
from app.domain.kinds import KINDS
from app.formats.packets import new_key, public_key, write_keys
from app.integrations.vault import Vault
from app.jobs.sealing import sealing_of
from app.main import build_app, build_runtime
from tests.cli.installations import (
    CairnIn,
    another_machine,
    environment_of,
    login,
    pasted,
    plain,
    trace,
)
from tests.security import matrix
from tests.security.operations import operations
from tests.security.scenes import SENTINEL, Scene
from tests.world import World, planned_once

OPERATIONS = operations()
CONTENT = {
        ("document", "content"), ("incomplete_report", "digest"), ("monitoring_body", "body"),
        ("monitoring_body", "sha256"), ("snapshot", "content"), ("trail_checkpoint", "previous"),
        ("trail_checkpoint", "root"), ("trail_leaf", "hash"), ("trail_node", "hash"),
}  # fmt: skip
"""Columns of bytes that leave."""

DIGEST = re.compile(r"\\x[0-9a-f]{64}")
STAYING = {
    "account_identity", "account_token", "auth_session", "child_search", "document_progress",
    "idempotency_key",
    "job_progress", "late_trail", "passkey", "passkey_challenge", "past_row", "periodic_tick",
    "rate_limit", "recipient_session", "recovery_code", "refresh_token", "restore_hold", "sandbox",
    "roster_change", "scan_round", "school_export_progress", "sign_in_attempt", "sign_in_guard",
    "sign_in_nonce", "totp_secret", "used_id_token", "webhook_attempt", "webhook_delivery",
    "webhook_progress",
}  # fmt: skip
"""Tables that do not leave: how people sign in, queues and counters of a server, plans."""
UNFILLED = {
    "records/attendance_mark.ndjson", "records/body_mark.ndjson", "records/document.ndjson",
    "records/enrolment.ndjson", "records/linked_count.ndjson", "records/roster_link.ndjson",
    "records/past_problem.ndjson", "records/roster_problem.ndjson", "records/snapshot_file.ndjson",
    "records/staff_name.ndjson", "records/past_author.ndjson", "records/past_mapping.ndjson",
    "records/past_file.ndjson", "records/child_merge_row.ndjson",
    "server/reading_scan.ndjson",
}  # fmt: skip
"""Of tables that no single request fills; the demo's school, in the long tests, has most."""
REASON = ("--reason", "The school changes its supplier.")


@dataclass
class Living:
    """An installation with two schools, and pairs of keys."""

    environment: dict[str, str]
    folder: Path
    school: UUID
    other: UUID

    def keys(self, name: str) -> tuple[str, str]:
        """Files of a new public and private key."""
        key = new_key("enc")
        public, private = self.folder / f"{name}.public", self.folder / f"{name}.private"
        public.write_bytes(write_keys([public_key(key)]))
        private.write_bytes(write_keys([key], private=True))
        return str(public), str(private)


async def fill(world: World) -> UUID:
    """A school in which everything was done that can be done by one request after another."""
    school = await world.a_school()
    for name, operation in sorted(OPERATIONS.items()):
        row = matrix.TABLE[name]
        if operation.method == "GET" or operation.is_public or not row.roles:
            continue
        role = min(row.roles)
        scene = Scene(world, school, school[role])
        try:
            await operation.send(school.api(role), await row.recipe(scene))
        except AssertionError:  # its scene asks for what another has ended
            continue
    while await trace(world, school):
        pass
    return school.id


def settings_of(owner: str, app: str, folder: Path) -> Settings:
    return Settings(
        database_url=app, migration_database_url=owner, keys_dir=folder / "keys",
        checkpoint_file=folder / "checkpoints.txt", password_cost="test", unsafe_database=True,
        storage_url=f"file://{folder / 'attachments'}", mail_url=f"file://{folder / 'mail'}",
        base_url="http://cairn.test", log_level="error",
    )  # fmt: skip


@pytest.fixture(scope="module")
async def living(admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Living:
    folder = tmp_path_factory.mktemp("living")
    owner, app = planned_once(*World.new_database(admin_url, migrate))
    migrate(owner, app, login(owner, f"backup_{make_url(owner).database}"))
    settings = settings_of(owner, app, folder)
    runtime = build_runtime(settings)
    world = World(build_app(settings, runtime), runtime, owner_url=owner)
    school, other = await fill(world), await world.a_school()
    await runtime.drain()
    assert (await sealing_of(settings, runtime.database).once()).failed == []
    await runtime.database.close()
    return Living(environment_of(settings), folder, school, other.id)


def lines(folder: Path, member: str) -> list[str]:
    return (folder / member).read_text().splitlines()


@pytest.fixture(scope="module")
def written(living: Living, cairn_in: CairnIn) -> Path:
    """The school in a folder that can be read."""
    target = living.folder / "plain"
    code, said, error = cairn_in(
        living.environment, "export", "school", str(target), "--school", str(living.school),
            *REASON, "--plain", "--adults-to", living.keys("head")[0],
    )  # fmt: skip
    assert code == 0, said + error
    return target


class TestWhatLeaves:
    def test_every_table_leaves_but_those_named_here(self) -> None:
        """A new table leaves by itself; one that is to stay has to be added here, too."""
        leaving = {one.table for one in school_rows.leaving()}
        assert set(Base.metadata.tables) - leaving == STAYING == school_rows.staying().keys()
        assert {kind.model.__tablename__ for kind in KINDS.values()} <= leaving

    def test_every_column_of_bytes_is_content_or_a_secret(self) -> None:
        secrets = {(table, one) for table, found in SECRETS.items() for one in found}
        found = {
            (one.table, str(column.name))
            for one in school_rows.leaving()
            for column in Base.metadata.tables[one.table].columns
            if isinstance(column.type, LargeBinary)
        }
        assert found == secrets | CONTENT

    def test_leaves_with_rows_of_nearly_every_table(self, written: Path) -> None:
        members = manifest_of(written)["files"]
        empty = {name for name, one in members.items() if one.get("rows") == 0}
        assert empty <= UNFILLED

    def test_is_described_line_by_line(self, written: Path) -> None:
        for member in manifest_of(written)["files"]:
            part, _, file = member.partition("/")
            if file.endswith(".ndjson") and part != "adults":
                described = json.loads(
                    (written / "schemas" / file.replace(".ndjson", ".json")).read_text()
                )
                check = Draft202012Validator(described)
                for line in lines(written, member):
                    check.validate(json.loads(line))

    def test_holds_what_the_trail_vouches_for(self, written: Path) -> None:
        newest: dict[str, dict[str, str | None]] = {}
        entries = [json.loads(line) for line in lines(written, "trail/row_trail.ndjson")]
        for entry in sorted(entries, key=lambda one: one["seq"]):
            for table, found in entry["details"].items():
                newest.setdefault(table, {}).update(found)
        compared = 0
        for line in lines(written, "records/concern.ndjson"):
            kept = newest["concern"][json.loads(line)["id"]]
            assert kept == b64encode(hashlib.sha256(line.encode()).digest()).decode()
            compared += 1
        assert compared > 0

    def test_holds_no_secret_no_other_school_and_no_adult_register(
        self, living: Living, written: Path
    ) -> None:
        everything = b"".join(path.read_bytes() for path in written.rglob("*") if path.is_file())
        assert str(living.other).encode() not in everything
        for table, columns in SECRETS.items():
            for part in ("records", "server"):
                path = written / part / f"{table}.ndjson"
                for line in path.read_text().splitlines() if path.exists() else ():
                    row = json.loads(line)
                    assert all(DIGEST.fullmatch(row[one]) for one in columns if one in row)
        assert not list(written.rglob("adult_*"))
        for secret in secrets_of(living.environment):
            assert secret.encode() not in everything

    def test_is_read_by_its_owner_alone(self, written: Path) -> None:
        assert written.stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def elsewhere(living: Living) -> Iterator[dict[str, str]]:
    """Another machine, its tables made."""
    with another_machine(living.folder / "elsewhere", living.environment) as variables:
        migrate(variables["CAIRN_MIGRATION_DATABASE_URL"], variables["CAIRN_DATABASE_URL"])
        yield variables


class TestTheWay:
    """One after another, as an operator would go on."""

    def test_is_encrypted_to_a_key(self, living: Living, cairn_in: CairnIn) -> None:
        target = living.folder / "school.cairn"
        code, said, error = cairn_in(
            living.environment, "export", "school", str(target), "--school", str(living.school),
            *REASON, "--to", living.keys("next")[0], "--adults-to", living.keys("next-head")[0],
        )  # fmt: skip
        assert code == 0, said + error
        assert SENTINEL.encode() not in target.read_bytes()
        assert target.with_name("school.cairn.adults").exists()

    def test_refuses_a_file_of_which_a_byte_changed(
        self, living: Living, elsewhere: dict[str, str], cairn_in: CairnIn
    ) -> None:
        whole = (living.folder / "school.cairn").read_bytes()
        broken = living.folder / "broken.cairn"
        flipped = bytes([whole[-200] ^ 1])
        broken.write_bytes(whole[:-200] + flipped + whole[-199:])
        code, _, error = cairn_in(elsewhere, "import", "school", str(broken), *keys_of(living))
        assert (code, "was changed, moved or cut" in error) == (1, True)
        broken.write_bytes(whole[: len(whole) // 2])
        code, _, error = cairn_in(elsewhere, "import", "school", str(broken), *keys_of(living))
        assert (code, "cut" in error) == (1, True)
        assert schools_in(elsewhere) == 0

    def test_refuses_what_its_own_trail_did_not_leave(
        self, living: Living, written: Path, elsewhere: dict[str, str], cairn_in: CairnIn
    ) -> None:
        """A folder of which a line, a file or a key was changed, and the manifest to fit."""
        concern = lines(written, "records/concern.ndjson")[0]
        contacts = (written / "records/contact.ndjson").read_bytes()
        key = lines(written, "records/service_key.ndjson")[0]
        assert '"name": ' in key
        key = key.replace('"name": "', '"name": "x')
        account = lines(written, "server/account.ndjson")[0]
        counter = lines(written, "server/reference_counter.ndjson")[0]
        token = lines(written, "server/name_token.ndjson")[0]
        named = lines(written, "server/child_name_token.ndjson")[0]
        changed = concern.replace('"version": ', '"version": 9')
        for name, content, said in (
            ("records/concern.ndjson", f"{changed}\n".encode(), "concern"),
            (
                "records/concern.ndjson",
                f"{concern}\n{concern}\n".encode(),
                "records/concern.ndjson line 2: ",
            ),
            ("records/contact.ndjson", contacts[: contacts.index(b"\n") + 1], "contact"),
            ("records/service_key.ndjson", f"{key}\n".encode(), "service_key.ndjson line 1: "),
            (
                "server/account.ndjson",
                f"{account}\n{account[:-1]}\n".encode(),
                "server/account.ndjson line 2 is no JSON object",
            ),
            (
                "server/reference_counter.ndjson",
                f"{counter}\n{counter}\n".encode(),
                "server/reference_counter.ndjson lines 1 and 2 have the same ",
            ),
            (
                "server/name_token.ndjson",
                token.replace('"token"', '"tokens"').encode(),
                "server/name_token.ndjson has a line that breaks the rule",
            ),
            (
                "server/child_name_token.ndjson",
                f"{named}\n{named.replace(json.loads(named)['id'], str(living.other))}\n".encode(),
                "server/child_name_token.ndjson line 2 has a id that is no row of child",
            ),
            ("records/comment.ndjson", None, "the file is not whole"),
            ("records/comment.ndjson", b"no json\n", "comment.ndjson line 1 is no JSON object"),
            ("trail/keys/20990101T000000000000Z-0123456789abcdef.key", b"x", "no public key"),
            ("trail/keys/20990101T000000000000Z-0123456789abcdef.pub", b"x", "key of the file"),
            (f"files/attachments/{living.other}/x", b"x", "no file of this school"),
        ):
            bent = living.folder / "bent"
            bend(written, bent, name, content)
            code, out, error = cairn_in(elsewhere, "import", "school", str(bent))
            assert (code, said in error) == (1, True), (name, out, error)
            shutil.rmtree(bent)
        assert schools_in(elsewhere) == 0
        assert not list((living.folder / "elsewhere").rglob("20990101*"))

    def test_comes_in_as_it_was(
        self, living: Living, elsewhere: dict[str, str], cairn_in: CairnIn
    ) -> None:
        code, said, error = cairn_in(
            elsewhere, "import", "school", str(living.folder / "school.cairn"),
            str(living.folder / "school.cairn.adults"), *keys_of(living),
        )  # fmt: skip
        assert code == 0, said + error
        assert "HELD" in said
        code, said, error = cairn_in(elsewhere, "restore", "release", *REASON)
        assert code == 0, said + error
        target, public = living.folder / "again", living.keys("again")
        code, said, error = cairn_in(
            elsewhere, "export", "school", str(target), "--school", str(living.school),
            *REASON, "--plain", "--adults-to", public[0],
        )  # fmt: skip
        assert code == 0, said + error
        assert unlike(living.folder / "plain", target) == []

    def test_is_proved_there_by_the_keys_it_came_with(
        self, elsewhere: dict[str, str], cairn_in: CairnIn
    ) -> None:
        code, said, error = cairn_in(elsewhere, "audit", "seal")
        assert code == 0, said + error
        code, said, error = cairn_in(elsewhere, "audit", "verify")
        assert code == 0, said + error

    def test_does_not_come_twice(
        self, living: Living, elsewhere: dict[str, str], cairn_in: CairnIn
    ) -> None:
        code, _, error = cairn_in(
            elsewhere, "import", "school", str(living.folder / "plain"), "--running"
        )
        assert (code, "school_not_empty" in error) == (1, True)

    def test_does_not_come_where_its_people_have_accounts(
        self, living: Living, cairn_in: CairnIn
    ) -> None:
        """The installation that it comes from knows them, if the school itself were gone."""
        with another_machine(living.folder / "third", living.environment) as variables:
            owner = variables["CAIRN_MIGRATION_DATABASE_URL"]
            migrate(owner, variables["CAIRN_DATABASE_URL"])
            known = json.loads(lines(living.folder / "plain", "server/account.ndjson")[0])
            with psycopg.connect(plain(owner)) as connection:
                connection.execute(
                    "insert into account (id, email, created_at) values (%s, %s, now())",
                    [living.other, known["email"].upper()],
                )
            code, _, error = cairn_in(variables, "import", "school", str(living.folder / "plain"))
            assert (code, "this installation is in use" in error) == (1, True)
            code, _, error = cairn_in(
                variables, "import", "school", str(living.folder / "plain"), "--running"
            )
            assert (code, "have an account here already" in error) == (1, True)
            assert schools_in(variables) == 0

    def test_overwrites_nothing(self, living: Living, cairn_in: CairnIn) -> None:
        code, _, error = cairn_in(
            living.environment, "export", "school", str(living.folder / "school.cairn"),
            "--school", str(living.school), *REASON, "--plain", "--without-adults",
        )  # fmt: skip
        assert (code, "never overwrites" in error) == (3, True)


@pytest.mark.long
@pytest.mark.machine_time
class TestTheGuide:
    def test_does_what_it_says(self, living: Living) -> None:
        """`docs/leaving.md`, with the id of a school; the keys and the file go to the other one."""
        page = (Path(cairn.__file__).parents[1] / "docs/leaving.md").read_text()
        leave, arrive = re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        here, there = living.folder / "leaving", living.folder / "arriving"
        here.mkdir()
        leave = leave.replace("SCHOOL_ID", str(living.school))
        pasted(leave, here, living.environment)
        shutil.copytree(here, there)
        with another_machine(there / "settings", living.environment) as variables:
            assert "HELD" in pasted(arrive, there, variables)


@pytest.mark.long
@pytest.mark.machine_time
class TestTheDemo:
    def test_leaves_and_comes_in_with_every_row(
        self, admin_url: str, tmp_path: Path, cairn_in: CairnIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(plot, "CONCERNS", len(plot.RECENT) + 6)
        owner, app = World.new_database(admin_url, migrate)
        settings = settings_of(owner, app, tmp_path)
        asyncio.run(load_demo(settings))
        with psycopg.connect(plain(owner)) as connection:
            connection.execute("alter table organisation no force row level security")
            found = connection.execute("select id, name from organisation where kind = 'school'")
            schools = found.fetchall()
            connection.rollback()
        assert len(schools) == 2
        with another_machine(tmp_path / "elsewhere", environment_of(settings)) as variables:
            migrate(variables["CAIRN_MIGRATION_DATABASE_URL"], variables["CAIRN_DATABASE_URL"])
            for school, name in schools:
                first, second = tmp_path / f"first-{school}", tmp_path / f"second-{school}"
                out = (
                    "export",
                    "school",
                    "--school",
                    str(school),
                    "--plain",
                    "--without-adults",
                    *REASON,
                )
                code, said, error = cairn_in(environment_of(settings), *out, str(first))
                assert code == 0, said + error
                assert name in said
                code, said, error = cairn_in(variables, "import", "school", str(first), "--running")
                assert code == 0, said + error
                code, said, error = cairn_in(variables, *out, str(second))
                assert code == 0, said + error
                assert unlike(first, second) == ["records/organisation.ndjson"]
                there, here = (organisation_of(one) for one in (first, second))
                assert here == {k: v for k, v in there.items() if k != "parent_id"}
            code, said, error = cairn_in(variables, "audit", "seal")
            code, said, error = cairn_in(variables, "audit", "verify")
            assert code == 0, said + error


async def load_demo(settings: Settings) -> None:
    database = Database(settings.database_url.get_secret_value(), pool=2)
    try:
        await load(database, lambda: None, lambda *_: None, Vault(settings.keys_dir))
    finally:
        await database.close()


def bend(whole: Path, into: Path, name: str, content: bytes | None) -> None:
    """A copy with one member changed or taken out, and a manifest that fits."""
    shutil.copytree(whole, into)
    manifest, path = manifest_of(into), into / name
    if content is None:
        path.unlink()
        del manifest["files"][name]
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        manifest["files"][name] = {"size": len(content), "sha256": digest, "rows": 1}
    (into / "manifest.json").write_text(json.dumps(manifest))


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def keys_of(living: Living) -> list[str]:
    names = [str(living.folder / f"{name}.private") for name in ("next", "next-head")]
    return [word for name in names for word in ("--key-file", name)]


def schools_in(variables: dict[str, str]) -> int:
    with psycopg.connect(plain(variables["CAIRN_MIGRATION_DATABASE_URL"])) as connection:
        connection.execute("alter table organisation no force row level security")
        row = connection.execute("select count(*) from organisation").fetchone()
        connection.rollback()
    return int(row[0]) if row else -1


def secrets_of(variables: dict[str, str]) -> list[str]:
    """Every secret of the installation, as text would have it."""
    found: list[str] = []
    with psycopg.connect(plain(variables["CAIRN_MIGRATION_DATABASE_URL"])) as connection:
        for table, columns in SECRETS.items():
            for one in columns:
                query = f"select encode({one}, 'hex') from {table} where {one} is not null"  # noqa: S608
                found += [secret for (secret,) in connection.execute(query.encode()).fetchall()]
    assert found
    return found


def organisation_of(folder: Path) -> dict[str, Any]:
    """The school; a trust that is not there does not have it."""
    found: dict[str, Any] = json.loads(lines(folder, "records/organisation.ndjson")[0])
    return found


def unlike(first: Path, second: Path) -> list[str]:
    """Members that differ, but for what the two exports and the import added to the trail.

    Secrets are new where the school came in.
    """
    told, again = manifest_of(first)["files"], manifest_of(second)["files"]
    different = [name for name in told if told[name] != again.get(name)]
    grown = [name for name in different if name.startswith("trail/")]
    for name in grown:
        assert set(lines(first, name)) <= set(lines(second, name)), name
    secret = [
        name for name in different
        if name.partition("/")[2].removesuffix(".ndjson") in SECRETS
    ]  # fmt: skip
    for name in secret:
        assert but_for_secrets(first, name) == but_for_secrets(second, name), name
    return [name for name in different if name not in (*grown, *secret)]


def but_for_secrets(folder: Path, member: str) -> list[dict[str, Any]]:
    hidden = SECRETS[member.partition("/")[2].removesuffix(".ndjson")]
    rows = [json.loads(line) for line in lines(folder, member)]
    return [{name: None if name in hidden else row[name] for name in row} for row in rows]
