"""The world of a test run: a real PostgreSQL, migrated once, and the application before it."""

import gc
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from app.cli.doctor import inconsistent_in
from app.core import clock
from app.core.alert_ends import NEWS, PARTLY
from app.core.settings import Settings
from app.db.embedded import ephemeral
from app.db.migrate import migrate
from app.db.work_alerts import AlertsOfWork
from app.integrations.signing_keys import KeyRing
from app.jobs.runner import Adapters, adapters_of
from app.main import build_app, build_runtime
from tests.answers import source_digest
from tests.drawing import RANDOM
from tests.sampling import WHOLE
from tests.state_changes import watch
from tests.world import School, World, planned_once

gc.disable()
"""Until all tests are collected: hardly anything of that is garbage, and looking takes seconds."""

settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,  # the same run for everyone: it depends on the source alone
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
    ],
)
settings.register_profile(
    "random",
    settings.get_profile("suite"),
    derandomize=False,
    print_blob=True,
    database=DirectoryBasedExampleDatabase("var/nightly/examples"),
)
settings.load_profile("random" if os.environ.get(RANDOM) == "1" else "suite")

LONGEST = (
    "security/test_matrix.py",
    "security/test_sweeps.py",
    "security/test_twins.py",
    "cli/test_school_files.py",
    "contract/test_nets.py",
    "property/test_roster_readers.py",
    "security/test_relations.py",
    "property/test_promise_four.py",
    "faults/test_kill.py",
    "stories/test_e05_three_in_one_year.py",
    "security/test_trail_tampering.py",
    "contract/test_recipient_page.py",
    "cli/test_commands.py",
    "cli/test_audit_commands.py",
    "contract/test_embedded_postgres.py",
    "unit/formats/test_documents.py",
    "security/test_replays.py",
    "security/test_versions.py",
    "cli/test_scripts_guide.py",
    "cli/test_restore_hold.py",
    "contract/test_fuzz.py",
    "cli/test_demo_loads.py",
    "cli/test_backup.py",
    "cli/test_found_command.py",
    "faults/test_slow_clients.py",
    "faults/test_event_streams.py",
    "contract/test_production.py",
    "contract/test_migrations.py",
    "contract/test_demo_databases.py",
    "property/test_snapshots.py",
    "property/test_nobody_overlooked.py",
    "faults/test_transfers.py",
    "jobs/test_fencing.py",
)
"""Files that take longest, the longest first: begun first, no core waits at the end of a run."""
EVERY_SCHOOL = (
    "jobs/test_sealing.py",
    "jobs/test_resealing.py",
    "jobs/test_digests.py",
    "jobs/test_scanning.py",
    "jobs/test_school_exports.py",
    "cli/test_school_over_api.py",
    "api/exchange/test_school_exports.py",
    "jobs/test_recipients.py",
    "jobs/test_referrals.py",
    "jobs/test_ladder_faults.py",
    "jobs/test_documents.py",
    "jobs/test_housekeeping.py",
    "api/people/test_service_keys.py",
    "api/exchange/test_webhook_deliveries.py",
)
"""Files whose jobs go through every school or seal what all of them wrote: begun before all others,

while there are few. At the end of a run some of them took five times as long.
"""

BEGINS = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
"""When every run of the suite begins, by its own clock: a Wednesday morning in term."""

_run = ExitStack()


def pytest_configure() -> None:
    """Start the clock of the suite, so that no test depends on the day on which it runs."""
    _run.enter_context(clock.shifted(BEGINS - clock.now()))


def pytest_report_header() -> str:
    """Say by what this run's samples are drawn."""
    return (
        "samples: none, this run does everything"
        if WHOLE
        else f"samples: drawn by the source {source_digest()[:12]}; CAIRN_TEST_WHOLE=1 for all"
    )


def pytest_unconfigure() -> None:
    """Give the process its own time back."""
    _run.close()


@pytest.fixture(scope="session", autouse=True)
def _matters() -> Iterator[None]:
    """No alert that asks something without its matter: nothing could end it but its reader."""
    tell = AlertsOfWork.tell

    def checked(alerts: AlertsOfWork, alert: Mapping[str, Any]) -> None:
        assert alert["matter_id"] is not None or alert["kind"] in NEWS | PARTLY, alert["kind"]
        tell(alerts, alert)

    with patch.object(AlertsOfWork, "tell", checked):
        yield


@pytest.fixture(scope="module", autouse=True)
def _machine_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give a module that starts programs the machine's time, which those programs have."""
    if request.node.get_closest_marker("machine_time") is None:
        yield
        return
    with clock.shifted(-clock.moved_by()):
        yield


def pytest_collection_finish() -> None:
    """Collect garbage again, but no longer look through what lives as long as the run."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put some files before all others; within a file nothing moves."""
    first = (*EVERY_SCHOOL, *LONGEST)
    place = {name: number for number, name in enumerate(first)}
    here = Path(__file__).parent
    items.sort(key=lambda item: place.get(item.path.relative_to(here).as_posix(), len(first)))


@pytest.fixture(scope="session", autouse=True)
def declared_states() -> None:
    """No test sees a record in a state that docs/states.md does not lead to."""
    watch()


@pytest.fixture(scope="session")
def admin_url() -> Iterator[str]:
    """A superuser's URL of a server: ours, or the one `CAIRN_TEST_ADMIN_URL` names.

    Each worker has a server of its own: streams read up to the oldest transaction of the whole
    server, so that a long one of another worker's test would hold them back.
    """
    if given := os.environ.get("CAIRN_TEST_ADMIN_URL"):
        yield given
        return
    with ephemeral() as server:
        yield server.admin_url


@pytest.fixture(scope="session")
def database_urls(admin_url: str) -> tuple[str, str]:
    """The owner's and the application's URL of a migrated database of this run."""
    return planned_once(*World.new_database(admin_url, migrate))


@pytest.fixture(scope="session")
def app_settings(
    database_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a server under test."""
    folder: Path = tmp_path_factory.mktemp("cairn")
    with clock.shifted(BEGINS - clock.now()):  # before all that is asked, on whichever day
        KeyRing(folder / "keys").ensure()
    return Settings(
        database_url=database_urls[1],
        keys_dir=folder / "keys",
        checkpoint_file=folder / "checkpoints.txt",
        storage_url=f"file://{folder / 'attachments'}",
        mail_url=f"file://{folder / 'mail'}",
        base_url="http://cairn.test",
        unsafe_database=True,
        unsafe_passwords=True,
        unsafe_addresses=True,
        log_level="error",
        address_requests_per_minute=0,  # all tests of a run come from one address
        account_requests_per_minute=0,
        network_sign_in_failures_per_hour=0,
        network_resets_per_hour=0,
        events_stream_seconds=0.2,  # sweeps over every operation wait until an answer is whole
    )


@pytest.fixture(scope="session")
async def world(app_settings: Settings, database_urls: tuple[str, str]) -> AsyncIterator[World]:
    """The application on its database, with ways to make schools and sign people in."""
    runtime = build_runtime(app_settings)
    application = build_app(app_settings, runtime)
    made = World(application, runtime, owner_url=database_urls[0])
    yield made
    await runtime.drain()
    await runtime.database.close()
    with psycopg.connect(database_urls[0], autocommit=True) as connection:
        overlooked = [
            f"{noun} {id_}: {fault}, in a school of {made.made_for.get(UUID(str(school_id)))}"
            for school_id, noun, id_, fault in inconsistent_in(connection)
        ]
    assert overlooked == [], "open things without owner or clock, or clocks of nothing"


@pytest.fixture
async def school(world: World) -> School:
    """A new school with one person in every role."""
    return await world.a_school()


@pytest.fixture
async def folder_adapters(world: World, tmp_path: Path) -> AsyncIterator[Adapters]:
    """Adapters whose mail is files in a folder."""
    settings = world.runtime.settings.model_copy(update={"mail_url": f"file://{tmp_path}"})
    made = adapters_of(settings)
    yield made
    await made.database.close()


@pytest.fixture
async def other_school(world: World) -> School:
    """Another school, which must see nothing of the first."""
    return await world.a_school()
