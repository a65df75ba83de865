"""The outer edge: framing of requests, methods and types that pass, headers of every answer."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.requests import Request

from app.api.receiving import refuse_repeated
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Role
from app.main import build_app, build_runtime
from tests.answers import described
from tests.api.record.test_attachments import PDF
from tests.api.record.test_concerns import raise_one
from tests.faults.serving import Listening, listening
from tests.routes import api_routes
from tests.security.capture import captured
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import Scene
from tests.security.test_sweeps import check_headers
from tests.world import Api, School, World

MOST_S = 5
"""Seconds of the processor: what takes the square of its length takes minutes."""

OPERATIONS = operations()
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO")
MULTIPART, URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
H = b"Host: cairn.test\r\n"
SECOND = b"GET /v1/second HTTP/1.1\r\nHost: cairn.test\r\n\r\n"
CHUNKED = b"POST /v1/first HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLING: dict[str, bytes] = {
    "length and coding": b"POST /v1/first HTTP/1.1\r\n" + H
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": b"POST /v1/first HTTP/1.1\r\n" + H
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /v1/first HTTP/1.1\r\n" + H
    + b"Content-Length: 4\r\nContent-Length: 0\r\n\r\n",
    "two equal lengths": b"POST /v1/first HTTP/1.1\r\n" + H
    + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": b"POST /v1/first HTTP/1.1\r\n" + H + b"Content-Length: 0, 4\r\n\r\n",
    "a signed length": b"POST /v1/first HTTP/1.1\r\n" + H + b"Content-Length: +0\r\n\r\n",
    "a hex length": b"POST /v1/first HTTP/1.1\r\n" + H + b"Content-Length: 0x0\r\n\r\n",
    "an endless length": b"POST /v1/first HTTP/1.1\r\n" + H
    + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "no length": b"POST /v1/first HTTP/1.1\r\n" + H + b"Content-Length:\r\n\r\n",
    "a space before the colon": b"POST /v1/first HTTP/1.1\r\n" + H + b"Content-Length : 0\r\n\r\n",
    "a bare line feed": b"POST /v1/first HTTP/1.1\n" + H + b"\n",
    "a line feed in a field": b"GET /v1/first HTTP/1.1\r\n" + H + b"X: a\nY: b\r\n\r\n",
    "a bare carriage return": b"GET /v1/first HTTP/1.1\r\n" + H + b"X: a\rY: b\r\n\r\n",
    "a folded field": b"GET /v1/first HTTP/1.1\r\n" + H + b"X: a\r\n b\r\n\r\n",
    "a folded coding": b"POST /v1/first HTTP/1.1\r\n" + H
    + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a field before any name": b"GET /v1/first HTTP/1.1\r\n X: a\r\n" + H + b"\r\n",
    "a nul in a value": b"GET /v1/first HTTP/1.1\r\n" + H + b"X: a\x00b\r\n\r\n",
    "a nul in a name": b"GET /v1/first HTTP/1.1\r\n" + H + b"X\x00: a\r\n\r\n",
    "an unknown coding": CHUNKED.replace(b"chunked", b"xchunked") + b"0\r\n\r\n",
    "identity": CHUNKED.replace(b"chunked", b"identity") + b"0\r\n\r\n",
    "two codings": CHUNKED.replace(b"chunked", b"gzip, chunked") + b"0\r\n\r\n",
    "chunked not last": CHUNKED.replace(b"chunked", b"chunked, identity") + b"0\r\n\r\n",
    "two fields of coding": CHUNKED.replace(
        b"chunked\r\n", b"chunked\r\nTransfer-Encoding: chunked\r\n"
    ) + b"0\r\n\r\n",
    "a coding in 1.0": CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n",
    "no host": b"GET /v1/first HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /v1/first HTTP/1.1\r\n" + H + b"Host: evil.example\r\n\r\n",
    "0.9": b"GET /v1/first\r\n\r\n",
    "1.2": b"GET /v1/first HTTP/1.2\r\n" + H + b"\r\n",
    "2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT cairn.test:443 HTTP/1.1\r\n" + H + b"\r\n",
    "an unknown method": b"FOO /v1/first HTTP/1.1\r\n" + H + b"\r\n",
    "a space in the method": b"GE T /v1/first HTTP/1.1\r\n" + H + b"\r\n",
    "a raw byte in the path": b"GET /v1/\xff HTTP/1.1\r\n" + H + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}  # fmt: skip
BROKEN_CHUNKS: dict[str, bytes] = {
    "a negative size": b"-1\r\n\r\n",
    "a prefixed size": b"0x1\r\na\r\n0\r\n\r\n",
    "an endless size": b"fffffffffffffffff\r\na",
    "a bare line feed": b"1\na\n0\n\n",
    "a longer chunk": b"1\r\nab\r\n0\r\n\r\n",
    "a line feed in an extension": b"1;a\nb\r\nx\r\n0\r\n\r\n",
}


def form_of(name: str, kind: str) -> list[str]:
    """The fields of an operation's form of this type."""
    content = OPERATIONS[name].described.get("requestBody", {}).get("content", {})
    schema = content.get(kind, {}).get("schema", {})
    named = schema.get("$ref", "").rpartition("/")[2]
    return list(
        (described()["components"]["schemas"][named] if named else schema).get("properties", {})
    )


def part_of(name: str) -> tuple[str | None, bytes]:
    """A part of a form: a file, or a short text."""
    return ("a.pdf", PDF) if name == "file" else (None, b"x")


@dataclass
class Seen:
    """What reached the application."""

    application: Any
    requests: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests.append((scope["method"], scope["path"]))
        await self.application(scope, receive, send)


@pytest.fixture
async def server(world: World, app_settings: Settings) -> AsyncIterator[tuple[Listening, Seen]]:
    """The application at a socket, and what came through to it."""
    seen = Seen(world.application)
    async with listening(seen, app_settings) as found:
        yield found, seen


def answers_in(content: bytes) -> list[int]:
    return [int(part[:3]) for part in content.split(b"HTTP/1.1 ")[1:]]


class TestFraming:
    @pytest.mark.parametrize("name", SMUGGLING)
    async def test_refuses_what_is_unclear_and_hangs_up(
        self, server: tuple[Listening, Seen], name: str
    ) -> None:
        listening, seen = server
        wire = await listening.open()
        await wire.send(SMUGGLING[name] + SECOND)
        answer = await wire.rest(patience=1)
        assert answers_in(answer) == [400]
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "body_malformed"
        assert b"nosniff" in answer
        assert await wire.is_closed(within=0.5)
        assert seen.requests == []

    @pytest.mark.parametrize("name", BROKEN_CHUNKS)
    async def test_never_takes_the_rest_of_a_broken_body_for_a_request(
        self, server: tuple[Listening, Seen], name: str
    ) -> None:
        listening, seen = server
        wire = await listening.open()
        await wire.send(CHUNKED + BROKEN_CHUNKS[name] + SECOND)
        answer = await wire.rest(patience=1)
        assert len(answers_in(answer)) <= 1
        assert answers_in(answer) != [200]
        assert await wire.is_closed(within=0.5)
        assert ("GET", "/v1/second") not in seen.requests

    async def test_takes_a_body_for_a_body(self, server: tuple[Listening, Seen]) -> None:
        listening, seen = server
        length = b"Content-Length: %d\r\n\r\n" % len(SECOND)
        await listening.ask(b"GET /v1/first HTTP/1.1\r\n" + H + length + SECOND)
        assert seen.requests == [("GET", "/v1/first")]

    @pytest.mark.parametrize(
        "upgrade", [b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQA\r\n", b"Upgrade: websocket\r\n"]
    )
    async def test_changes_to_no_other_protocol(
        self, server: tuple[Listening, Seen], upgrade: bytes
    ) -> None:
        listening, seen = server
        wire = await listening.open()
        await wire.send(
            b"GET /healthz HTTP/1.1\r\n"
            + H
            + b"Connection: Upgrade\r\n"
            + upgrade
            + b"\r\n"
            + SECOND
        )
        answer = await wire.rest(patience=1)
        assert 101 not in answers_in(answer)
        assert ("GET", "/v1/second") not in seen.requests
        assert await wire.is_closed(within=0.5)

    async def test_answers_requests_one_after_the_other(
        self, server: tuple[Listening, Seen]
    ) -> None:
        """The proof that a second request would be seen."""
        listening, seen = server
        answer = await listening.ask(b"GET /healthz HTTP/1.1\r\n" + H + b"\r\n" + SECOND)
        assert answers_in(answer) == [200, 404]
        assert seen.requests == [("GET", "/healthz"), ("GET", "/v1/second")]

    @pytest.mark.parametrize(
        "fields",
        [
            b"X: " + b"a" * 40_000 + b"\r\n",
            b"".join(b"X%d: a\r\n" % number for number in range(150)),
            b"Authorization: Bearer " + b"a" * 33_000 + b"\r\n",
        ],
        ids=["long", "many", "token"],
    )
    async def test_refuses_a_huge_head(self, server: tuple[Listening, Seen], fields: bytes) -> None:
        listening, seen = server
        answer = await listening.ask(b"GET /v1/first HTTP/1.1\r\n" + H + fields + b"\r\n")
        assert answers_in(answer) == [431]
        assert seen.requests == []

    async def test_refuses_a_head_without_end_before_it_is_kept(
        self, server: tuple[Listening, Seen]
    ) -> None:
        listening, seen = server
        wire = await listening.open()
        await wire.send(b"GET /v1/first HTTP/1.1\r\n" + H + b"X: ")
        with pytest.raises(ConnectionError):
            await flood(wire)
        assert seen.requests == []

    async def test_refuses_a_long_address(self, server: tuple[Listening, Seen]) -> None:
        listening, _ = server
        answer = await listening.ask(b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n" + H + b"\r\n")
        assert answers_in(answer) == [431]


async def flood(wire: Any) -> None:
    for _ in range(200):
        await wire.send(b"a" * 65_536)
        await asyncio.sleep(0)


class TestMethods:
    async def test_are_those_listed_for_every_address(self, world: World, school: School) -> None:
        routes = list(api_routes(world.application.app))
        paths = {route.path for _, route in routes}
        assert len(paths) > 50
        for path in paths:
            known = {method.upper() for method, route in routes if route.path_regex.match(path)}
            for method in set(METHODS) - known - {"HEAD"}:
                answer = await school.lead.request(method, path)
                assert answer.status_code == 405, f"{method} {path}"
                assert set(answer.headers["allow"].split(", ")) <= known | {"HEAD"}
                check_headers(answer)


class TestEveryRoute:
    """Nobody, and somebody with a token of another issuer, at every address."""

    @pytest.mark.parametrize("token", [None, "rubbish"])
    async def test_wears_its_headers_when_it_refuses(self, world: World, token: str | None) -> None:
        asked = 0
        for method, route in api_routes(world.application.app):
            if route.name in OPERATIONS and OPERATIONS[route.name].is_public:
                continue
            if not route.path.startswith("/v1/"):
                continue
            answer = await Api(world, token).request(method.upper(), route.path)
            assert answer.status_code in (401, 429), f"{method} {route.path}"
            check_headers(answer)
            asked += 1
        assert asked > 60

    async def test_sets_no_cookie_and_reflects_no_origin(
        self, world: World, school: School
    ) -> None:
        for method, route in api_routes(world.application.app):
            answer = await world.http.request(
                method.upper(), route.path, headers={"Origin": "https://evil.example"}
            )
            assert "set-cookie" not in answer.headers
            assert "access-control-allow-origin" not in answer.headers
            assert "access-control-allow-credentials" not in answer.headers

    async def test_ignores_a_cookie_and_a_token_in_the_address(
        self, world: World, school: School
    ) -> None:
        token = school[Role.DSL].token
        for options in (
            {"headers": {"Cookie": f"Authorization=Bearer {token}; access_token={token}"}},
            {"params": {"access_token": token}},
            {"headers": {"X-Authorization": f"Bearer {token}"}},
        ):
            answer = await world.http.get("/v1/me", **options)  # type: ignore[arg-type]
            assert answer.status_code == 401


def takes_several(schema: dict[str, Any]) -> bool:
    """Whether a parameter's schema is a list, or may be one."""
    kinds = [schema, *schema.get("anyOf", ())]
    return any(kind.get("type") == "array" for kind in kinds)


class TestLimitedAnswers:
    async def test_wear_their_headers(self, world: World, app_settings: Settings) -> None:
        settings = app_settings.model_copy(update={"address_requests_per_minute": 1})
        runtime = build_runtime(settings)
        transport = httpx.ASGITransport(build_app(settings, runtime), client=("192.0.2.77", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://cairn.test") as client:
            answers = [await client.get("/v1/vocabularies") for _ in range(2)]
        await runtime.database.close()
        assert answers[1].status_code == 429
        check_headers(answers[1])


class TestContentTypes:
    async def post(self, school: School, content: bytes, *kinds: str) -> httpx.Response:
        headers = [("Content-Type", kind) for kind in kinds]
        headers.append(("Authorization", f"Bearer {school[Role.STAFF].token}"))
        answer = await school.world.http.post("/v1/me/password", content=content, headers=headers)
        check_headers(answer)
        return answer

    @pytest.mark.parametrize(
        "kinds",
        [
            (),
            ("application/x-www-form-urlencoded",),
            ("text/plain",),
            ("application/json; charset=utf-16",),
            ("application/json; charset=iso-8859-1",),
            ("application/json", "text/plain"),
            ("application/json, text/plain",),
            ("json",),
            ("",),
        ],
    )
    async def test_refuse_a_body_of_another(self, school: School, kinds: tuple[str, ...]) -> None:
        assert (await self.post(school, b"{}", *kinds)).status_code == 415

    @pytest.mark.parametrize(
        "kind",
        ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'],
    )
    async def test_take_json_however_it_is_written(self, school: School, kind: str) -> None:
        assert (await self.post(school, b"{}", kind)).status_code == 422

    @pytest.mark.parametrize(
        "coding", ["gzip", "deflate", "br", "zstd", "x-gzip", "gzip, identity"]
    )
    async def test_refuse_a_packed_body_everywhere(
        self, world: World, school: School, coding: str
    ) -> None:
        for path in ("/v1/me/password", "/v1/auth/token", "/v1/roster/imports", "/nowhere"):
            answer = await school.api(Role.SCHOOL_ADMIN).request(
                "POST", path, content=b"\x1f\x8b" + bytes(100),
                headers={"Content-Encoding": coding, "Content-Type": "application/json"},
            )  # fmt: skip
            assert answer.status_code == 415
            check_headers(answer)

    async def test_take_a_body_that_says_it_is_not_packed(self, school: School) -> None:
        answer = await school.staff.request(
            "POST", "/v1/me/password", json={}, headers={"Content-Encoding": "identity"}
        )
        assert answer.status_code == 422


class TestShapes:
    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b"[" * 900_000, 400),
            (b'{"current_password":' * 40_000, 400),
            (b'{"current_password": ' + b"[" * 21 + b"]" * 21 + b"}", 400),
            (json.dumps({"x": list(range(30_000))}).encode(), 413),
            (b'{"current_password": 1e999}', 400),
            (b'{"current_password": ' + b"9" * 6_000 + b"}", 400),
            (b'{"current_password": -0.0e-999}', 422),
        ],
        ids=["arrays", "objects", "too deep", "too many", "infinite", "long number", "tiny number"],
    )
    async def test_are_refused_quickly_and_never_a_fault(
        self, school: School, content: bytes, status: int
    ) -> None:
        began = time.process_time()
        answer = await school.staff.request(
            "POST", "/v1/me/password", content=content,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.status_code == status, answer.text
        assert time.process_time() - began < MOST_S
        check_headers(answer)

    async def test_of_addresses_count_each_parameter_once(
        self, world: World, school: School
    ) -> None:
        """Every query parameter that takes one value, of every operation that a lead may ask."""
        asked = 0
        for operation in OPERATIONS.values():
            path = re.sub(r"\{[^}]+\}", str(new_id()), operation.path)
            for one in operation.described.get("parameters", ()):
                if one["in"] != "query" or takes_several(one["schema"]):
                    continue
                if operation.is_public or not path.startswith("/v1/"):
                    continue
                query = f"{one['name']}=1&{one['name']}=2"
                answer = await school.lead.request(operation.method, f"{path}?{query}")
                if answer.status_code != 403:
                    assert answer.status_code == 422, f"{operation.name} {answer.text}"
                    found = {error["pointer"]: error["code"] for error in answer.json()["errors"]}
                    assert found[f"/query/{one['name']}"] == "repeated"
                    asked += 1
        assert asked > 50

    @pytest.mark.parametrize("name", ["username", "grant_type", "password"])
    async def test_of_forms_count_each_field_once(self, world: World, name: str) -> None:
        fields = [("grant_type", "password"), ("username", "a@example.org"), ("password", "x")]
        content = urlencode([*fields, (name, dict(fields)[name])])
        answer = await world.anybody.request(
            "POST", "/v1/auth/token", content=content.encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert answer.status_code == 422, answer.text

    @pytest.mark.parametrize("name", ["username", "grant_type", "password"])
    async def test_of_forms_name_the_field_however_it_is_written(
        self, world: World, name: str
    ) -> None:
        fields = [("grant_type", "password"), ("username", "a@example.org"), ("password", "x")]
        content = urlencode(fields) + f"&%{ord(name[0]):02x}{name[1:]}=y"
        answer = await world.anybody.request(
            "POST", "/v1/auth/token", content=content.encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{name}"]

    @pytest.mark.parametrize(
        "name", [one for one in sorted(OPERATIONS) if form_of(one, URLENCODED)]
    )
    async def test_of_forms_come_in_one_type(self, world: World, name: str) -> None:
        fields = dict.fromkeys(form_of(name, URLENCODED), (None, "x"))
        answer = await world.anybody.request("POST", OPERATIONS[name].path, files=fields)
        assert answer.status_code == 415, answer.text

    @pytest.mark.parametrize(
        ("name", "twice"),
        [(name, field) for name in sorted(OPERATIONS) for field in form_of(name, MULTIPART)],
    )
    async def test_of_uploads_count_each_field_once(
        self, world: World, school: School, name: str, twice: str
    ) -> None:
        row = TABLE[name]
        actor = school[min(row.roles)]
        call = await row.recipe(Scene(world, school, actor))
        fields = [(one, part_of(one)) for one in form_of(name, MULTIPART)]
        headers = {one: value for one, value in call.headers.items() if one != "Content-Type"}
        answer = await OPERATIONS[name].send(
            school.api(min(row.roles)),
            replace(call, content=None, query=None, headers=headers),
            files=[*fields, (twice, part_of(twice))],
        )
        assert answer.status_code == 422, answer.text
        found = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        assert found == [(f"/{twice}", "repeated")]

    def test_of_uploads_are_all_in_the_sweep(self) -> None:
        uploads = [name for name in OPERATIONS if form_of(name, MULTIPART)]
        assert len(uploads) >= 3

    async def test_of_parts_name_their_field_once(self, school: School) -> None:
        disposition = b'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        content = b"--b\r\n" + disposition * 2 + b"\r\n" + PDF + b"\r\n--b--\r\n"
        assert (await self.attach(school, content)).status_code == 400

    def test_of_addresses_cost_no_more_than_they_are_long(self, world: World) -> None:
        """Looking for parameters given twice must not take the square of their number."""
        many = "&".join(f"{number:x}" for number in range(0x4000, 0x4000 + 60_000))
        scope = {"type": "http", "query_string": many.encode(), "headers": []}
        route = next(route for _, route in api_routes(world.application.app))
        began = time.process_time()
        refuse_repeated(Request(scope), route)
        assert time.process_time() - began < MOST_S

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"&".join(b"f%d=1" % number for number in range(60_000)),
             "application/x-www-form-urlencoded"),
            (b"&" * 900_000, "application/x-www-form-urlencoded"),
            (b"=" * 900_000, "application/x-www-form-urlencoded"),
            (b"".join(b'--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\n1\r\n' % n
                      for n in range(12_000)) + b"--b--\r\n", "multipart/form-data; boundary=b"),
            (b"--b\r\n" + b"X: " + b"a" * 900_000 + b"\r\n\r\n1\r\n--b--\r\n",
             "multipart/form-data; boundary=b"),
            (b'--b\r\nContent-Disposition: form-data; name="' + b"a" * 900_000,
             "multipart/form-data; boundary=b"),
        ],
        ids=["fields", "ampersands", "equals", "parts", "part header", "part name"],
    )  # fmt: skip
    async def test_of_forms_are_refused_quickly_and_never_a_fault(
        self, world: World, content: bytes, kind: str
    ) -> None:
        began = time.process_time()
        answer = await world.anybody.request(
            "POST", "/v1/auth/token", content=content, headers={"Content-Type": kind}
        )
        assert 400 <= answer.status_code < 500
        assert time.process_time() - began < MOST_S

    @pytest.mark.parametrize(
        "part",
        [
            b"X: " + b"a" * 5_000 + b"\r\n",
            b"".join(b"X%d: a\r\n" % number for number in range(20)),
            b"a" * 5_000 + b": 1\r\n",
        ],
        ids=["value", "many", "name"],
    )
    async def test_of_parts_of_uploads_are_bounded(self, school: School, part: bytes) -> None:
        disposition = b'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        content = b"--b\r\n" + disposition + part + b"\r\n" + PDF + b"\r\n--b--\r\n"
        assert (await self.attach(school, content)).status_code == 400

    async def test_of_uploads_count_what_stands_beside_the_file(
        self, world: World, school: School
    ) -> None:
        """Bytes after the last part are no file, and no way around its limit."""
        disposition = b'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\n'

        async def endless() -> AsyncIterator[bytes]:
            yield b"--b\r\n" + disposition + b"\r\n" + PDF + b"\r\n--b--\r\n"
            for _ in range(world.runtime.settings.max_attachment_bytes // 1_000_000 + 2):
                yield b" " * 1_000_000

        assert (await self.attach(school, endless())).status_code == 413

    async def attach(self, school: School, content: Any) -> httpx.Response:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        return await school.staff.request(
            "POST", f"/v1/concerns/{concern}/attachments", content=content,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )  # fmt: skip


class TestWhatLimitsCost:
    async def test_is_no_statement_for_most_requests(
        self, world: World, app_settings: Settings, school: School
    ) -> None:
        settings = app_settings.model_copy(
            update={"address_requests_per_minute": 12_000, "account_requests_per_minute": 1_200}
        )
        application = build_app(settings, world.runtime)
        world.runtime.limits, kept = (
            type(world.runtime.limits)(world.runtime.database, settings),
            world.runtime.limits,
        )
        try:
            transport = httpx.ASGITransport(application, client=("192.0.2.88", 1))
            async with (
                httpx.AsyncClient(transport=transport, base_url="http://cairn.test") as client,
                captured(world) as statements,
            ):
                for _ in range(50):
                    answer = await client.get(
                        "/v1/concerns",
                        headers={"Authorization": f"Bearer {school[Role.DSL].token}"},
                    )
                    assert answer.status_code == 200
        finally:
            world.runtime.limits = kept
        assert len(statements) == 100
        assert '"address";q=12000;w=60, "account";q=1200;w=60' in answer.headers["ratelimit-policy"]


class TestAClientThatHangsUp:
    async def test_is_no_fault_of_ours(
        self, server: tuple[Listening, Seen], school: School, capsys: pytest.CaptureFixture[str]
    ) -> None:
        listening, _ = server
        wire = await listening.open()
        await wire.send(
            b"POST /v1/me/password HTTP/1.1\r\n" + H + b"Content-Type: application/json\r\n"
            + f"Authorization: Bearer {school[Role.STAFF].token}\r\n".encode()
            + b"Content-Length: 500\r\n\r\n{"
        )  # fmt: skip
        await asyncio.sleep(0.1)
        wire.close()
        await asyncio.sleep(0.2)
        said = capsys.readouterr()
        assert "request.failed" not in said.out + said.err
