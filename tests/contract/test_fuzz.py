"""Schemathesis against a running server: every operation, as a teacher and as a lead.

The schools it works in are real, so valid ids are put in where a path names something that
exists; everything else is generated, valid and invalid alike.
"""

import asyncio
import copy
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.errors import InvalidSchema
from schemathesis.specs.openapi.checks import negative_data_rejection

from app.core.settings import Settings
from app.core.words import Role
from app.domain.policy import BUILT_IN
from app.main import build_app, build_runtime
from tests.answers import described
from tests.api.record.test_concerns import raise_one
from tests.sampling import sampled
from tests.world import World

EXAMPLES = int(os.environ.get("CAIRN_FUZZ_EXAMPLES", "4"))
"""Requests of each operation and mode; `make fuzz` sends many more."""
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20261125,
        "checks": {
            # What a schema cannot say (a child that does not exist, a stale version) is
            # answered 409, 412, 422 or 428, which this check would count as a fault.
            "positive_data_acceptance": {"enabled": False},
            "negative_data_rejection": {"expected-statuses": ["4xx", "503"]},
            "missing_required_header": {"expected-statuses": ["401", "403", "404", "422", "428"]},
        },
    }
)


@schemathesis.serializer("application/x-ndjson")
def as_a_line(_context: Any, value: Any) -> bytes:
    """A file of one line: what is described is one of them."""
    return json.dumps(value).encode() + b"\n"


@dataclass
class Running:
    """A server of its own in a thread, and the tokens of two people of one school."""

    address: str
    tokens: dict[Role, str]
    known: dict[str, str]


@pytest.fixture(scope="module")
def running(app_settings: Settings) -> Iterator[Running]:
    """The application behind a real HTTP server."""
    application = build_app(app_settings)
    config = uvicorn.Config(application, port=0, log_config=None, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    tokens, known = asyncio.run(_people_and_ids(app_settings))
    yield Running(f"http://127.0.0.1:{port}", tokens, known)
    server.should_exit = True
    thread.join(timeout=20)
    assert not thread.is_alive()


async def _people_and_ids(app_settings: Settings) -> tuple[dict[Role, str], dict[str, str]]:
    runtime = build_runtime(app_settings)
    world = World(build_app(app_settings, runtime), runtime, owner_url="")
    school = await world.a_school()
    child = await school.child()
    known = {
        "child_id": str(child),
        "concern_id": (await raise_one(school.staff, child))["id"],
        "staff_id": str(school[Role.STAFF].id),
        "school_id": str(school.id),
    }
    await runtime.database.close()
    return {role: school[role].token for role in (Role.STAFF, Role.DSL)}, known


def every_operation() -> dict[str, Any]:
    """Each described operation by its id; the document needs no database."""
    document = copy.deepcopy(described())
    results: Any = schemathesis.openapi.from_dict(document, config=CONFIG).get_all_operations()
    found = (result.ok() for result in results)
    return {operation.definition.raw["operationId"]: operation for operation in found}


OPERATIONS = every_operation()


def _name_what_exists(case: Any, known: dict[str, str]) -> None:
    """Put ids of real records into the path, so that more than the 404 is reached."""
    for name in case.path_parameters or {}:
        if name in known:
            case.path_parameters[name] = known[name]


def is_gone(case: Any, response: Any) -> bool:
    """Whether nothing that was bent was sent.

    A parameter too many whose value is an empty list leaves nothing in the address, and a token
    that is left out is put in by us.
    """
    asked = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    added = {name for name, _ in asked} - {one.name for one in case.operation.query}
    gone = {("header", ("required",))}
    if not added:
        gone.add(("query", ("additionalProperties",)))
    bent = case.meta.phase.data.mutations
    return {(one.parameter_location.value, one.keywords) for one in bent} <= gone


def roles_for(operation_id: str) -> list[Role]:
    """The lead, and the teacher where more than a refusal waits for one."""
    scope = OPERATIONS[operation_id].definition.raw["x-scope"]
    teachers = {permission.value for permission in BUILT_IN[Role.STAFF].permissions}
    open_to_all = scope in ("signed_in", "public", "recipient")
    return [Role.DSL, Role.STAFF] if open_to_all or scope in teachers else [Role.DSL]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=["valid", "invalid"])
@pytest.mark.parametrize("operation_id", sampled(sorted(OPERATIONS), 24))
def test_withstands(running: Running, operation_id: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[operation_id]
    roles = roles_for(operation_id)
    sent = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def withstands(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _name_what_exists(case, running.known)
        for role in roles:
            headers = {"Authorization": f"Bearer {running.tokens[role]}"}
            answer = case.call(base_url=running.address, headers=headers)
            well_sent = mode is GenerationMode.NEGATIVE and is_gone(case, answer)
            case.validate_response(
                answer, excluded_checks=[negative_data_rejection] if well_sent else None
            )
        sent.append(case)

    try:
        withstands()
    except InvalidSchema:  # the library bent a schema to one that it cannot fill itself
        assert mode is GenerationMode.NEGATIVE
        assert sent
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "no valid request can be generated"
