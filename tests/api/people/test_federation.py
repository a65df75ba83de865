"""Signing in with a school's own identity provider, against real ones at real sockets."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import AuditEvent, Role
from app.db.models import ScimUser
from app.integrations import oidc
from app.main import build_app, build_runtime
from tests.openid import (
    Key,
    LyingProvider,
    MockProvider,
    free_port,
    lying_provider,
    mock_provider,
    signed,
    signed_by_secret,
    unsigned,
)
from tests.signing_in import add_passkey, enrol, jobs_of
from tests.world import PASSWORD, Api, Person, School, World

pytestmark = pytest.mark.machine_time

PROVIDERS = "/v1/identity-providers"
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
CLIENT = "cairn-client"
TENANT = "0f0e0d0c-0000-4000-8000-000000000001"
HD = "school.example"


@dataclass
class Federation:
    """A server whose operator lets both providers be asked, and the providers."""

    world: World
    google: MockProvider
    liar: LyingProvider

    async def trust(self, school: School, **fields: Any) -> dict[str, Any]:
        """Let a school trust a provider."""
        body = {"kind": "google", "label": "Google", "client_id": CLIENT, "tenants": [HD]} | fields
        answer = await school.api(Role.SCHOOL_ADMIN).post(PROVIDERS, body)
        assert answer.status_code == 201, answer.text
        return await self.approve(school, answer.json()["id"], 1)

    async def approve(self, school: School, provider_id: str, version: int) -> dict[str, Any]:
        """Let a provider count."""
        path = f"{PROVIDERS}/{provider_id}/approve"
        answer = await school.lead.post(path, version=version)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def link(self, api: Api, name: str = "a", **claims: Any) -> httpx.Response:
        """Link an identity of the provider that lies to one's own account."""
        made = await self.nonce()
        token = self.liar.token(made["nonce"], name, **claims)
        body = {"id_token": token, "nonce_verifier": made["nonce_verifier"]}
        return await api.post("/v1/me/identities", body)

    async def link_google(self, api: Api, person: Person) -> None:
        """Link somebody at the mock to their own account."""
        made = await self.nonce()
        said = {"email": person.email, "email_verified": True, "hd": HD}
        token = self.google.sign_in(CLIENT, made["nonce"], f"g-{person.id}", **said)
        body = {"id_token": token, "nonce_verifier": made["nonce_verifier"]}
        answer = await api.post("/v1/me/identities", body)
        assert answer.status_code == 200, answer.text

    async def trust_other(self, school: School, name: str = "a") -> dict[str, Any]:
        """Let a school trust an issuer of the provider that lies."""
        issuer = self.liar.issuer(name)
        return await self.trust(school, kind="oidc", tenants=[], issuer=issuer)

    async def nonce(self) -> dict[str, str]:
        """A nonce and its verifier."""
        made: dict[str, str] = (await self.world.anybody.post("/v1/auth/nonce")).json()
        return made

    async def show(
        self, school: School, token: str, made: dict[str, str], **fields: str
    ) -> httpx.Response:
        """Exchange an ID token."""
        form = {
            "grant_type": GRANT,
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "nonce_verifier": made["nonce_verifier"],
            "organisation_id": str(school.id),
        } | fields
        return await self.world.anybody.request("POST", "/v1/auth/token", data=form)

    async def by_google(
        self, school: School, person: Person, subject: str | None = None, **claims: Any
    ) -> httpx.Response:
        """Sign in at the mock, and exchange what came of it."""
        made = await self.nonce()
        said = {"email": person.email, "email_verified": True, "hd": HD} | claims
        token = self.google.sign_in(CLIENT, made["nonce"], subject or f"g-{person.id}", **said)
        return await self.show(school, token, made)

    async def by_liar(
        self, school: School, person: Person, name: str = "a", **claims: Any
    ) -> httpx.Response:
        """Exchange a token of the provider that lies."""
        made = await self.nonce()
        said = {"email": person.email, "email_verified": True} | claims
        return await self.show(school, self.liar.token(made["nonce"], name, **said), made)


@pytest.fixture(scope="module")
def google() -> Iterator[MockProvider]:
    """The mock stands for Google."""
    with mock_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def liar() -> Iterator[LyingProvider]:
    """The provider that does as it is told."""
    with lying_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
async def federation(
    app_settings: Settings,
    database_urls: tuple[str, str],
    google: MockProvider,
    liar: LyingProvider,
) -> AsyncIterator[Federation]:
    """A server of its own, since whom to ask is a setting."""
    down = f"http://127.0.0.1:{free_port()}"
    settings = app_settings.model_copy(
        update={
            "google_issuer": google.issuer,
            "entra_issuer": f"{liar.issuer('')}{{tid}}/v2.0",
            "oidc_issuers": (*(liar.issuer(name) for name in ISSUERS), down),
            "step_up_minutes": 10,
        }
    )
    runtime = build_runtime(settings)
    application = build_app(settings, runtime)
    yield Federation(World(application, runtime, owner_url=database_urls[0]), google, liar)
    await runtime.drain()
    await runtime.database.close()


ISSUERS = ("a", "b", "huge", "moved", "slow", "inside", "broken", "weak", "turning", "unknown")


@pytest.fixture
async def there(federation: Federation) -> School:
    """A school of that server. Tests that moved the clock left counts of another time."""
    federation.world.sql("delete from rate_limit")
    return await federation.world.a_school()


def code(answer: httpx.Response) -> str:
    """What a refusal is called."""
    return f"{answer.status_code} {answer.json().get('code')}"


def verbs(federation: Federation, person: Person) -> list[str]:
    """What the trail says a person did."""
    rows = federation.world.sql(
        "select verb from trail where actor_id = %s order by seq", person.id
    )
    return [verb for (verb,) in rows]


class TestGoogle:
    async def test_signs_in_by_the_code_flow_and_links_a_verified_address(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust(there)
        teacher = there[Role.STAFF]
        answer = await federation.by_google(there, teacher)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
        claims = federation.world.runtime.tokens.verify(body["access_token"])
        assert (claims.sub, claims.amr) == (teacher.id, ("fed",))
        api = federation.world.as_token(body["access_token"])
        assert (await api.get("/v1/me")).json()["amr"] == ["fed"]
        assert (await api.get("/v1/alerts")).status_code == 200
        assert verbs(federation, teacher) == ["session.started", "identity.linked"]
        assert jobs_of(federation.world, teacher) == ["sign_in_method_added"]
        (identity,) = (await api.get("/v1/me/identities")).json()["items"]
        assert (identity["linked_by"], identity["issuer"]) == ("email", federation.google.issuer)

    async def test_knows_somebody_by_subject_and_no_more_by_address(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust(there)
        teacher, subject = there[Role.STAFF], f"s-{uuid4()}"
        assert (await federation.by_google(there, teacher, subject)).status_code == 200
        renamed = await federation.by_google(there, teacher, subject, email="new@school.example")
        assert renamed.status_code == 200
        recycled = await federation.by_google(there, teacher, f"another-{subject}")
        assert code(recycled) == "403 identity_unknown"

    @pytest.mark.parametrize(
        "claims",
        [{"hd": "other.example"}, {"hd": None}, {"email_verified": False},
         {"email_verified": "true"}, {"email": None}],
    )  # fmt: skip
    async def test_wants_the_domain_and_a_verified_address(
        self, federation: Federation, there: School, claims: dict[str, Any]
    ) -> None:
        await federation.trust(there)
        answer = await federation.by_google(there, there[Role.STAFF], **claims)
        assert code(answer) == "401 id_token_refused"
        assert answer.json()["error"] == "invalid_request"

    async def test_takes_no_stranger_in(self, federation: Federation, there: School) -> None:
        await federation.trust(there)
        answer = await federation.by_google(there, there[Role.STAFF], email="who@school.example")
        assert code(answer) == "403 identity_unknown"
        elsewhere = await federation.world.a_school([Role.STAFF])
        answer = await federation.by_google(there, elsewhere[Role.STAFF])
        assert code(answer) == "403 identity_unknown"

    async def test_takes_no_address_whose_letters_only_look_alike(
        self, federation: Federation, there: School
    ) -> None:
        """A Kelvin sign and a dotted capital I become plain letters in small letters."""
        await federation.trust_other(there)
        teacher = there[Role.STAFF]
        email = f"kim.{teacher.id.hex[-9:]}@school.example"
        federation.world.sql("update account set email = %s where id = %s", email, teacher.id)
        for letter, other in (("k", "\u212a"), ("i", "\u0130")):
            said = {"sub": f"s-{uuid4()}", "email": email.replace(letter, other)}
            answer = await federation.by_liar(there, teacher, **said)
            assert code(answer) == "403 identity_unknown", letter
        assert (await federation.by_liar(there, teacher, email=email)).status_code == 200

    async def test_takes_no_closed_account_in(self, federation: Federation, there: School) -> None:
        await federation.trust(there)
        teacher = there[Role.STAFF]
        assert (await federation.by_google(there, teacher)).status_code == 200
        federation.world.sql("update account set disabled_at = now() where id = %s", teacher.id)
        assert code(await federation.by_google(there, teacher)) == "403 identity_unknown"

    async def test_counts_for_the_school_that_trusts_it_alone(
        self, federation: Federation, there: School
    ) -> None:
        teacher = there[Role.STAFF]
        assert code(await federation.by_google(there, teacher)) == "401 id_token_refused"
        made = await federation.trust(there)
        assert (await federation.by_google(there, teacher)).status_code == 200
        admin = there.api(Role.SCHOOL_ADMIN)
        await admin.patch(f"{PROVIDERS}/{made['id']}", {"enabled": False}, version=2)
        assert code(await federation.by_google(there, teacher)) == "401 id_token_refused"


class TestSecondFactors:
    async def test_limits_a_lead_without_one_to_enrolling(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust(there)
        await federation.link_google(there.lead, there[Role.DSL])
        answer = await federation.by_google(there, there[Role.DSL])
        api = federation.world.as_token(answer.json()["access_token"])
        assert code(await api.get("/v1/concerns")) == "403 second_factor_needed"
        assert (await api.get("/v1/me")).status_code == 200

    async def test_takes_the_providers_evidence(
        self, federation: Federation, there: School
    ) -> None:
        made = await federation.trust(there)
        await federation.link_google(there.lead, there[Role.DSL])
        answer = await federation.by_google(there, there[Role.DSL], amr=["pwd", "mfa"])
        api = federation.world.as_token(answer.json()["access_token"])
        assert (await api.get("/v1/concerns")).status_code == 200
        assert (await api.get("/v1/me")).json()["amr"] == ["fed", "mfa"]
        admin = there.api(Role.SCHOOL_ADMIN)
        body = {"second_factor_values": ["phr"]}
        await admin.patch(f"{PROVIDERS}/{made['id']}", body, version=2)
        await federation.approve(there, made["id"], 3)
        for claims, wanted in (({"amr": ["mfa"]}, 403), ({"acr": "phr"}, 200)):
            answer = await federation.by_google(there, there[Role.DSL], **claims)
            api = federation.world.as_token(answer.json()["access_token"])
            assert (await api.get("/v1/concerns")).status_code == wanted, claims

    async def test_asks_for_the_code_of_an_enrolled_app_with_the_same_token(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust(there)
        lead = there[Role.DSL]
        await federation.link_google(there.lead, lead)
        app, _ = await enrol(there.lead)
        made = await federation.nonce()
        token = federation.google.sign_in(
            CLIENT, made["nonce"], f"g-{lead.id}", email=lead.email, email_verified=True, hd=HD
        )
        assert code(await federation.show(there, token, made)) == "401 otp_needed"
        assert code(await federation.show(there, token, made, otp="000000")) == "401 otp_refused"
        answer = await federation.show(there, token, made, otp=app.code())
        assert answer.status_code == 200, answer.text
        api = federation.world.as_token(answer.json()["access_token"])
        assert (await api.get("/v1/me")).json()["amr"] == ["fed", "otp", "mfa"]

    async def test_is_as_old_as_the_provider_says(
        self, federation: Federation, there: School
    ) -> None:
        """ASVS 6.8.4: a sign-in of this morning is not enough for what is sensitive."""
        await federation.trust_other(there)
        admin, now = there[Role.SCHOOL_ADMIN], int(clock.now().timestamp())
        body = {"name": "Roster", "scopes": ["roster:import"]}
        sub = f"admin-{admin.id}"
        assert (await federation.link(there.api(Role.SCHOOL_ADMIN), sub=sub)).status_code == 200
        for auth_time, wanted in ((now, 201), (now - 3_600, 401), (None, 401), ("now", 401)):
            answer = await federation.by_liar(
                there, admin, sub=sub, amr=["mfa"], auth_time=auth_time
            )
            api = federation.world.as_token(answer.json()["access_token"])
            made = await api.post("/v1/service-keys", body)
            assert made.status_code == wanted, (auth_time, made.text)
            if wanted == 401:
                assert "insufficient_user_authentication" in made.headers["www-authenticate"]


class TestOnce:
    async def test_refuses_a_token_shown_twice(self, federation: Federation, there: School) -> None:
        await federation.trust(there)
        teacher = there[Role.STAFF]
        made = await federation.nonce()
        token = federation.google.sign_in(
            CLIENT, made["nonce"], "t", email=teacher.email, email_verified=True, hd=HD
        )
        assert (await federation.show(there, token, made)).status_code == 200
        assert code(await federation.show(there, token, made)) == "401 id_token_refused"
        another = await federation.nonce()
        assert code(await federation.show(there, token, another)) == "401 id_token_refused"

    async def test_refuses_another_token_with_a_used_nonce(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust_other(there)
        teacher, made = there[Role.STAFF], await federation.nonce()
        said: dict[str, Any] = {"sub": "t", "email": teacher.email, "email_verified": True}
        first = federation.liar.token(made["nonce"], **said)
        second = federation.liar.token(made["nonce"], jti="2", **said)
        assert (await federation.show(there, first, made)).status_code == 200
        assert code(await federation.show(there, second, made)) == "401 id_token_refused"

    async def test_refuses_a_nonce_that_is_not_the_askers(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust_other(there)
        teacher, made, other = there[Role.STAFF], await federation.nonce(), await federation.nonce()
        said: dict[str, Any] = {"email": teacher.email, "email_verified": True}
        token = federation.liar.token(made["nonce"], **said)
        stolen = await federation.show(there, token, other)
        assert code(stolen) == "401 id_token_refused"
        unknown = federation.liar.token("mine", **said)
        assert code(await federation.show(there, unknown, made)) == "401 id_token_refused"
        with clock.shifted(timedelta(minutes=11)):
            late = federation.liar.token(made["nonce"], **said)
            assert code(await federation.show(there, late, made)) == "401 id_token_refused"
        federation.world.sql("delete from rate_limit")
        assert (await federation.show(there, token, made)).status_code == 200

    async def test_lets_a_role_be_chosen_with_the_same_token(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust_other(there)
        teacher, made = there[Role.STAFF], await federation.nonce()
        federation.world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, %s, %s, 'governor', '2020-01-01', now())",
            there.id, new_id(), teacher.id,
        )  # fmt: skip
        token = federation.liar.token(made["nonce"], email=teacher.email, email_verified=True)
        assert code(await federation.show(there, token, made)) == "422 membership_choice_needed"
        answer = await federation.show(there, token, made, role="governor")
        assert answer.json()["role"] == "governor"

    async def test_opens_one_session_for_twins(self, federation: Federation, there: School) -> None:
        await federation.trust_other(there)
        teacher, made = there[Role.STAFF], await federation.nonce()
        token = federation.liar.token(made["nonce"], email=teacher.email, email_verified=True)
        answers = await asyncio.gather(*(federation.show(there, token, made) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]

    async def test_needs_every_field(self, federation: Federation, there: School) -> None:
        made = await federation.nonce()
        for missing in ("nonce_verifier", "organisation_id", "subject_token", "subject_token_type"):
            form = {
                "grant_type": GRANT, "subject_token": "a.b.c", "organisation_id": str(there.id),
                "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
                "nonce_verifier": made["nonce_verifier"],
            }  # fmt: skip
            del form[missing]
            answer = await federation.world.anybody.request("POST", "/v1/auth/token", data=form)
            assert answer.status_code == 422, missing
        kind = "urn:ietf:params:oauth:token-type:access_token"
        answer = await federation.show(there, "a.b.c", made, subject_token_type=kind)
        assert answer.json()["errors"][0]["pointer"] == "/subject_token_type"


class TestHostileTokens:
    """ASVS 6.8.1, 6.8.2, 10.5: each is refused, and the honest one with the same nonce is not."""

    STRANGER = Key("one")
    ELLIPTIC = Key("two", "ec")

    def hostile(self, liar: LyingProvider, said: dict[str, Any]) -> dict[str, str]:
        good, key, now = liar.claims(**said), liar.key, int(clock.now().timestamp())
        changed: dict[str, dict[str, Any]] = {
            "another issuer": {"iss": liar.issuer("b")},
            "a foreign issuer": {"iss": "https://accounts.google.com"},
            "no issuer": {"iss": None},
            "another audience": {"aud": "somebody-else"},
            "no audience": {"aud": None},
            "audiences without a party": {"aud": ["cairn-client", "other"]},
            "another authorised party": {"azp": "other"},
            "ended": {"exp": now - 61},
            "of the future": {"iat": now + 120, "exp": now + 600},
            "not begun": {"nbf": now + 120},
            "ending before it began": {"exp": now - 10, "iat": now},
            "lasting for days": {"exp": now + 200_000},
            "ending in words": {"exp": str(now + 600)},
            "ending never": {"exp": True},
            "no nonce": {"nonce": None},
            "a list of nonces": {"nonce": [good["nonce"]]},
            "no subject": {"sub": None},
            "an empty subject": {"sub": ""},
        }
        tokens = {name: signed(good | change, key) for name, change in changed.items()}
        return tokens | {
            "unsigned": unsigned(good),
            "signed by nobody known": signed(good, self.STRANGER),
            "signed with the public key as a secret": signed_by_secret(
                good, key.pem(), kid=key.kid
            ),
            "named none but signed": signed(good, key, alg="none"),
            "of another algorithm": signed(good, key, alg="RS384"),
            "of another family": signed(good, key, alg="ES256"),
            "signed by another kind of key": signed(good, self.ELLIPTIC, kid=key.kid),
            "of an unknown key": signed(good, key, kid="other"),
            "of a key by path": signed(good, key, kid="../../dev/null"),
            "of no key that is text": signed(good, key, kid=7),
            "bringing its own key": signed(good, self.STRANGER, jwk=self.STRANGER.public()),
            "pointing at a key": signed(good, key, jku="https://evil.example/keys"),
            "critical": signed(good, key, crit=["exp"]),
            "an access token": signed(good, key, typ="at+jwt"),
            "saying it twice": signed(b'{"iss": "x",' + json.dumps(good).encode()[1:], key),
            "no object": signed(b"[]", key),
            "not text": signed(b"\xff", key),
            "nested deeply": signed(b"[" * 9_000, key),
            "padded": signed(good, key) + "=",
            "cut": signed(good, key)[:-2],
            "two parts": ".".join(signed(good, key).split(".")[:2]),
            "nothing": ".",
            "too long": "a" * 16_000,
        }

    async def test_prove_nobody(self, federation: Federation, there: School) -> None:
        await federation.trust_other(there)
        teacher, made = there[Role.STAFF], await federation.nonce()
        said: dict[str, Any] = {
            "nonce": made["nonce"], "email": teacher.email, "email_verified": True,
        }  # fmt: skip
        found = {}
        for name, token in self.hostile(federation.liar, said).items():
            found[name] = code(await federation.show(there, token, made))
        assert {name: one for name, one in found.items() if one != "401 id_token_refused"} == {}
        honest = signed(federation.liar.claims(**said), federation.liar.key)
        assert (await federation.show(there, honest, made)).status_code == 200

    async def test_never_break_the_server(self, federation: Federation, there: School) -> None:
        """Two hundred headers and payloads with something odd in them, some of them signed."""
        await federation.trust_other(there)
        teacher, chance = there[Role.STAFF], random.Random(3)
        odd: list[Any] = [
            [], {}, None, True, -1, 0, 2**38, 2**63, 2**300, 1.5, 1e300, "", "x", "\x00", "\ud800",
            "a" * 5_000, [[]], {"a": []}, ["mfa", 7], "RS256", "ES256", [None],
        ]  # fmt: skip
        key, broken = federation.liar.key, {}
        made = await federation.nonce()
        for number in range(200):
            good = federation.liar.claims(
                made["nonce"], sub="odd", email=teacher.email, email_verified=True
            )
            names = ("alg", "kid", "typ", "x5t", *good, "azp", "nbf", "amr", "acr", "tid", "hd")
            said: dict[str, Any] = dict(good)
            header: dict[str, Any] = {}
            for name in chance.sample(names, chance.randint(1, 2)):
                (header if name in ("alg", "kid", "typ", "x5t") else said)[name] = chance.choice(
                    odd
                )
            answer = await federation.show(there, signed(said, key, **header), made)
            if answer.status_code >= 500:
                broken[number] = (header, said)
        federation.world.sql("delete from rate_limit")
        assert broken == {}

    async def test_of_another_issuer_are_about_somebody_else(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust_other(there, "a")
        await federation.trust_other(there, "b")
        first, second = there[Role.STAFF], there[Role.GOVERNOR]
        same = f"same-{uuid4()}"
        for name, person in (("a", first), ("b", second)):
            answer = await federation.by_liar(there, person, name, sub=same)
            claims = federation.world.runtime.tokens.verify(answer.json()["access_token"])
            assert claims.sub == person.id
        elsewhere = await federation.by_liar(there, first, "b", sub=same)
        claims = federation.world.runtime.tokens.verify(elsewhere.json()["access_token"])
        assert claims.sub == second.id

    async def test_slow_a_network_down(self, federation: Federation, there: School) -> None:
        made = await federation.nonce()
        answers: list[httpx.Response] = []
        while len(answers) < 300:
            answers.append(await federation.show(there, "a.b.c", made))
            if answers[-1].status_code == 429:
                break
        assert answers[-1].status_code == 429
        federation.world.sql("delete from rate_limit")


class TestEntra:
    async def trusted(self, federation: Federation, there: School) -> None:
        await federation.trust(there, kind="entra", label="Microsoft", tenants=[TENANT])

    async def test_is_never_linked_by_address(self, federation: Federation, there: School) -> None:
        await self.trusted(federation, there)
        answer = await federation.by_liar(
            there, there[Role.STAFF], f"{TENANT}/v2.0", tid=TENANT, oid=str(uuid4())
        )
        assert code(answer) == "403 identity_unknown"

    async def test_is_linked_by_the_directory(self, federation: Federation, there: School) -> None:
        await self.trusted(federation, there)
        teacher, oid = there[Role.STAFF], str(uuid4())
        async with federation.world.work(there.id) as work:
            row = ScimUser(
                school_id=there.id, id=new_id(), staff_id=teacher.id, user_name=teacher.email,
                external_id=oid, attributes={}, created_at=clock.now(),
            )  # fmt: skip
            work.staff.add(row)
            work.record(AuditEvent.PROVISIONED, "staff", teacher.id)
        nobody = there[Role.PASTORAL]
        answer = await federation.by_liar(
            there, nobody, f"{TENANT}/v2.0", tid=TENANT, oid=oid, sub="pairwise"
        )
        claims = federation.world.runtime.tokens.verify(answer.json()["access_token"])
        assert claims.sub == teacher.id
        rows = federation.world.sql(
            "select issuer, subject, linked_by from account_identity where account_id = %s",
            teacher.id,
        )
        assert rows == [(federation.liar.issuer(f"{TENANT}/v2.0"), oid, "directory")]

    async def test_is_linked_by_the_person_and_unlinked(
        self, federation: Federation, there: School
    ) -> None:
        await self.trusted(federation, there)
        teacher, made = there[Role.STAFF], await federation.nonce()
        about = {"tid": TENANT, "oid": str(uuid4())}
        token = federation.liar.token(made["nonce"], f"{TENANT}/v2.0", **about)
        body = {"id_token": token, "nonce_verifier": made["nonce_verifier"]}
        linked = await there.staff.post("/v1/me/identities", body)
        assert linked.status_code == 200, linked.text
        again = await there.staff.post("/v1/me/identities", body)
        assert code(again) == "401 id_token_refused"
        answer = await federation.by_liar(there, there[Role.GOVERNOR], f"{TENANT}/v2.0", **about)
        claims = federation.world.runtime.tokens.verify(answer.json()["access_token"])
        assert claims.sub == teacher.id
        (mine,) = (await there.staff.get("/v1/me/identities")).json()["items"]
        assert (mine["subject"], mine["linked_by"]) == (about["oid"], "person")
        assert mine["last_used_at"] is not None
        path = f"/v1/me/identities/{mine['id']}"
        assert (await there.lead.request("DELETE", path)).status_code == 404
        assert (await there.staff.request("DELETE", path)).status_code == 204
        gone = await federation.by_liar(there, teacher, f"{TENANT}/v2.0", **about)
        assert code(gone) == "403 identity_unknown"
        assert verbs(federation, teacher)[-1] == "identity.unlinked"
        assert jobs_of(federation.world, teacher) == [
            "sign_in_method_added", "sign_in_method_removed",
        ]  # fmt: skip

    async def test_is_nobody_from_another_tenant(
        self, federation: Federation, there: School
    ) -> None:
        await self.trusted(federation, there)
        other = str(uuid4())
        oid = str(uuid4())
        for name, claims in (
            (f"{other}/v2.0", {"tid": other, "oid": oid}),
            (f"{other}/v2.0", {"tid": TENANT, "oid": oid}),
            (f"{TENANT}/v2.0", {"tid": other, "oid": oid}),
            (f"{TENANT}/v2.0", {"tid": TENANT}),
            (f"{TENANT}/v2.0", {"tid": TENANT, "oid": "../x"}),
            (f"{TENANT}/v2.0", {"oid": oid}),
        ):
            answer = await federation.by_liar(there, there[Role.STAFF], name, **claims)
            assert code(answer) == "401 id_token_refused", claims


class TestLinkMyIdentity:
    async def test_asks_who_it_is_again_and_takes_no_taken_one(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust_other(there)
        sub = f"taken-{uuid4()}"
        assert (await federation.by_liar(there, there[Role.STAFF], sub=sub)).status_code == 200
        link = federation.link
        assert code(await link(there.api(Role.PASTORAL), sub=sub)) == "409 identity_taken"
        assert code(await link(there.staff, exp=1)) == "401 id_token_refused"
        assert (await link(there.api(Role.PASTORAL))).status_code == 200
        session = there[Role.STAFF].session_id
        federation.world.sql(
            "update auth_session set auth_time = now() - interval '1 hour' where id = %s", session
        )
        assert code(await link(there.staff)) == "401 step_up_needed"

    async def test_asks_for_the_factor_that_is_there(
        self, federation: Federation, there: School
    ) -> None:
        """A stolen password and an account of one's own in the tenant are not enough."""
        await federation.trust_other(there)
        teacher = there[Role.STAFF]
        await add_passkey(there.staff)
        assert (await federation.link(there.staff)).status_code == 200
        (mine,) = (await there.staff.get("/v1/me/identities")).json()["items"]
        for amr in ("{pwd}", "{fed,mfa}"):
            federation.world.sql(
                "update auth_session set amr = %s where id = %s", amr, teacher.session_id
            )
            assert code(await federation.link(there.staff)) == "401 step_up_needed"
            path = f"/v1/me/identities/{mine['id']}"
            assert code(await there.staff.request("DELETE", path)) == "401 step_up_needed"


class TestAnAdministratorAlone:
    """Whoever keeps the directory and the providers must not become somebody by it."""

    async def directory(self, federation: Federation, there: School, person: Person) -> str:
        oid = str(uuid4())
        async with federation.world.work(there.id) as work:
            row = ScimUser(
                school_id=there.id, id=new_id(), staff_id=person.id, user_name=person.email,
                external_id=oid, attributes={}, created_at=clock.now(),
            )  # fmt: skip
            work.staff.add(row)
            work.record(AuditEvent.PROVISIONED, "staff", person.id)
        return oid

    async def test_links_no_lead_by_directory_or_address(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust(there, kind="entra", label="Microsoft", tenants=[TENANT])
        await federation.trust_other(there)
        name = f"{TENANT}/v2.0"
        for role in (Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN):
            oid = await self.directory(federation, there, there[role])
            about = {"tid": TENANT, "oid": oid, "amr": ["mfa"]}
            answer = await federation.by_liar(there, there[role], name, **about)
            assert code(answer) == "403 identity_unknown", role
            answer = await federation.by_liar(there, there[role], amr=["mfa"])
            assert code(answer) == "403 identity_unknown", role

    async def test_links_nobody_who_leads_elsewhere_or_became_a_lead(
        self, federation: Federation, there: School
    ) -> None:
        elsewhere = await federation.world.a_school()
        await federation.trust(there, kind="entra", label="Microsoft", tenants=[TENANT])
        teacher, name = there[Role.STAFF], f"{TENANT}/v2.0"
        oid = await self.directory(federation, there, teacher)
        about = {"tid": TENANT, "oid": oid, "amr": ["mfa"]}
        answer = await federation.by_liar(there, teacher, name, **about)
        assert answer.status_code == 200
        federation.world.sql(
            "insert into staff (school_id, id, name, email, created_at, changed_at, "
            "accepted_at) "
            "select %s, id, name, email, now(), now(), now() from staff "
            "where school_id = %s and id = %s",
            elsewhere.id, there.id, teacher.id,
        )  # fmt: skip
        federation.world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, %s, %s, 'dsl', '2020-01-01', now())",
            elsewhere.id, new_id(), teacher.id,
        )  # fmt: skip
        answer = await federation.by_liar(there, teacher, name, **about)
        assert code(answer) == "403 identity_unknown"
        linked = await federation.link(there.staff, name, **about)
        assert linked.status_code == 200, linked.text
        answer = await federation.by_liar(there, teacher, name, **about)
        assert answer.status_code == 200, answer.text
        api = federation.world.as_token(answer.json()["access_token"])
        command = {"organisation_id": str(elsewhere.id), "role": "dsl"}
        switched = await api.post("/v1/me/switch", command)
        assert switched.status_code == 200, switched.text
        assert switched.json()["second_factor"] == "enrol"
        there_now = federation.world.as_token(switched.json()["access_token"])
        assert code(await there_now.get("/v1/concerns")) == "403 second_factor_needed"
        assert code(await there_now.post("/v1/me/totp")) == "401 step_up_needed"

    async def test_proves_no_second_factor_of_somebody_it_linked(
        self, federation: Federation, there: School
    ) -> None:
        """Nor does it wait in a session until the person becomes a lead."""
        await federation.trust(there, kind="entra", label="Microsoft", tenants=[TENANT])
        teacher, name = there[Role.STAFF], f"{TENANT}/v2.0"
        about = {"tid": TENANT, "oid": await self.directory(federation, there, teacher)}
        for _ in range(2):
            answer = await federation.by_liar(there, teacher, name, amr=["mfa"], **about)
            api = federation.world.as_token(answer.json()["access_token"])
            assert (await api.get("/v1/me")).json()["amr"] == ["fed"]
        federation.world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, %s, %s, 'dsl', '2020-01-01', now())",
            there.id, new_id(), teacher.id,
        )  # fmt: skip
        command = {"organisation_id": str(there.id), "role": "dsl"}
        switched = (await api.post("/v1/me/switch", command)).json()
        assert switched["second_factor"] == "enrol"
        lead = federation.world.as_token(switched["access_token"])
        assert code(await lead.get("/v1/concerns")) == "403 second_factor_needed"

    async def test_makes_no_link_the_persons_own(
        self, federation: Federation, there: School
    ) -> None:
        """Only what is proved here does: their own link counts when they have become a lead."""
        await federation.trust(there, kind="entra", label="Microsoft", tenants=[TENANT])
        await federation.trust_other(there)
        teacher, name = there[Role.STAFF], f"{TENANT}/v2.0"
        oid, now = await self.directory(federation, there, teacher), int(clock.now().timestamp())
        about = {"tid": TENANT, "oid": oid}
        answer = await federation.by_liar(there, teacher, name, auth_time=now, **about)
        api = federation.world.as_token(answer.json()["access_token"])
        assert code(await federation.link(api, name, **about)) == "401 step_up_needed"
        assert code(await federation.link(api)) == "401 step_up_needed"
        await federation.world.set_password(teacher)
        assert (await api.post("/v1/me/step-up", {"password": PASSWORD})).status_code == 200
        assert (await federation.link(api, name, **about)).status_code == 200
        (mine,) = (await api.get("/v1/me/identities")).json()["items"]
        assert mine["linked_by"] == "person"

    async def test_waits_for_a_second_person(self, federation: Federation, there: School) -> None:
        admin = there.api(Role.SCHOOL_ADMIN)
        body = {
            "kind": "oidc", "label": "O", "client_id": CLIENT,
            "issuer": federation.liar.issuer("a"),
        }  # fmt: skip
        made = (await admin.post(PROVIDERS, body)).json()
        path, teacher = f"{PROVIDERS}/{made['id']}", there[Role.STAFF]
        assert made["approved_by"] is None
        assert code(await federation.by_liar(there, teacher)) == "401 id_token_refused"
        shown = await federation.world.anybody.get(f"/v1/auth/providers/{there.id}")
        assert shown.json()["items"] == []
        assert code(await admin.post(f"{path}/approve", version=1)) == "403 permission_missing"
        assert code(await there.lead.post(f"{path}/approve", version=7)) == "412 version_stale"
        assert "approve_identity_provider" in (await there.lead.get(path)).json()["permissions"]
        await federation.approve(there, made["id"], 1)
        assert (await federation.by_liar(there, teacher, sub=f"s-{teacher.id}")).status_code == 200
        await admin.patch(path, {"label": "P"}, version=2)
        assert (await there.lead.get(path)).json()["approved_by"]["id"] == str(there[Role.DSL].id)
        for version, change in ((3, {"client_id": "another"}), (5, {"second_factor_values": []})):
            changed = await admin.patch(path, change, version=version)
            assert changed.json()["approved_by"] is None, change
            await federation.approve(there, made["id"], version + 1)
        federation.world.sql(
            "update identity_provider set changed_by = %s where id = %s",
            there[Role.DSL].id, made["id"],
        )  # fmt: skip
        own = await there.lead.post(f"{path}/approve", version=7)
        assert code(own) == "403 second_person_needed"
        rows = federation.world.sql(
            "select distinct recipient_id from alert where school_id = %s "
            "and kind = 'sign_in_changed'",
            there.id,
        )
        told = {there[role].id for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)}
        assert {person for (person,) in rows} == told

    async def test_unlinks_with_the_second_factor(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust_other(there)
        await enrol(there.lead)
        assert (await federation.link(there.lead)).status_code == 200
        path = f"/v1/staff/{there[Role.DSL].id}/second-factor/reset"
        done = await there.api(Role.SCHOOL_ADMIN).post(path, {"reason": "lost it"})
        assert done.status_code in (200, 204), done.text
        rows = federation.world.sql(
            "select id from account_identity where account_id = %s", there[Role.DSL].id
        )
        assert rows == []


class TestProvidersThatFail:
    """ASVS 10 (API Top 10): what a provider answers is bounded, and nothing is half done."""

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(oidc, "SECONDS", 0.3)

    async def refused(self, federation: Federation, there: School, name: str) -> httpx.Response:
        await federation.trust_other(there, name)
        answer = await federation.by_liar(there, there[Role.STAFF], name)
        assert code(answer) == "503 identity_provider_unavailable"
        assert int(answer.headers["retry-after"]) >= 1
        return answer

    async def test_by_keys_without_end(self, federation: Federation, there: School) -> None:
        liar = federation.liar
        shown = json.dumps([liar.key.public()]).encode()
        liar.said["/huge/keys"] = b'{"keys": ' + shown + b" " * 300_000 + b"}"
        await self.refused(federation, there, "huge")

    async def test_by_sending_elsewhere(self, federation: Federation, there: School) -> None:
        liar = federation.liar
        liar.said["/moved/keys"] = (302, {"Location": liar.issuer("a") + "/keys"})
        before = liar.hits.get("/a/keys", 0)
        await self.refused(federation, there, "moved")
        assert liar.hits.get("/a/keys", 0) == before

    async def test_by_being_slow(self, federation: Federation, there: School) -> None:
        federation.liar.slow_seconds = 2.0
        try:
            await self.refused(federation, there, "slow")
        finally:
            federation.liar.slow_seconds = 0.0

    @pytest.mark.parametrize(
        "address",
        ["http://169.254.169.254/latest", "http://10.0.0.1/keys", "https://10.0.0.1/keys",
         "file:///etc/passwd", "https://user:pass@127.0.0.1/keys", "//127.0.0.1/keys", 7],
    )  # fmt: skip
    async def test_by_pointing_inside(
        self, federation: Federation, there: School, address: Any
    ) -> None:
        issuer = federation.liar.issuer("inside")
        said = {"issuer": issuer, "jwks_uri": address}
        federation.liar.said["/inside/.well-known/openid-configuration"] = said
        federation.world.runtime.providers._failed.clear()  # type: ignore[attr-defined]
        await self.refused(federation, there, "inside")

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b'{"keys": 7}', b'{"keys": []}', b'{"keys": [7, {}]}', b"\xff", b"[" * 99_999,
         b'{"keys": [], "keys": []}'],
    )  # fmt: skip
    async def test_by_answering_nonsense(
        self, federation: Federation, there: School, body: bytes
    ) -> None:
        federation.liar.said["/broken/keys"] = body
        federation.world.runtime.providers._failed.clear()  # type: ignore[attr-defined]
        await self.refused(federation, there, "broken")

    async def test_by_weak_keys(self, federation: Federation, there: School) -> None:
        weak = Key("weak", bits=1_024)
        federation.liar.said["/weak/keys"] = {"keys": [weak.public()]}
        await self.refused(federation, there, "weak")

    async def test_by_being_down_and_the_same_token_works_later(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust(there)
        teacher, made = there[Role.STAFF], await federation.nonce()
        token = federation.google.sign_in(
            CLIENT,
            made["nonce"],
            f"g-{teacher.id}",
            email=teacher.email,
            email_verified=True,
            hd=HD,
        )
        providers: Any = federation.world.runtime.providers
        kept = providers._saved.pop(federation.google.issuer, None)
        assert federation.google.process is not None
        federation.google.process.send_signal(19)
        try:
            answer = await federation.show(there, token, made)
            assert code(answer) == "503 identity_provider_unavailable"
        finally:
            federation.google.process.send_signal(18)
        federation.google.wait()
        assert kept is None or kept.keys
        at_once = await federation.show(there, token, made)
        assert code(at_once) == "503 identity_provider_unavailable"
        providers._failed.clear()
        assert (await federation.show(there, token, made)).status_code == 200
        assert verbs(federation, teacher) == ["session.started", "identity.linked"]


class TestKeys:
    async def test_are_asked_for_again_once_a_minute_for_unknown_ids(
        self, federation: Federation, there: School
    ) -> None:
        liar, teacher = federation.liar, there[Role.STAFF]
        await federation.trust_other(there, "turning")
        path = "/turning/keys"
        assert (await federation.by_liar(there, teacher, "turning", sub="t")).status_code == 200
        asked = liar.hits[path]
        old, liar.key = liar.key, Key("new", "ec")
        liar.keys = [old, liar.key]
        try:
            for _ in range(5):
                answer = await federation.by_liar(there, teacher, "turning", sub="t")
                assert code(answer) == "401 id_token_refused"
            assert liar.hits[path] == asked
            with clock.shifted(timedelta(seconds=61)):
                answer = await federation.by_liar(there, teacher, "turning", sub="t")
                assert answer.status_code == 200, answer.text
                assert liar.hits[path] == asked + 1
        finally:
            liar.key, liar.keys = old, [old]

    async def test_are_kept_as_long_as_the_provider_says(
        self, federation: Federation, there: School
    ) -> None:
        liar, teacher = federation.liar, there[Role.STAFF]
        await federation.trust_other(there, "b")
        for hours, more in ((0, 0), (0.9, 0), (1.1, 1)):
            asked = liar.hits.get("/b/keys", 0) if hours else None
            with clock.shifted(timedelta(hours=hours)):
                await federation.by_liar(there, teacher, "b", sub="t")
            if asked is not None:
                assert liar.hits["/b/keys"] == asked + more


class TestIdentityProviders:
    async def test_are_added_changed_and_listed(
        self, federation: Federation, there: School
    ) -> None:
        admin = there.api(Role.SCHOOL_ADMIN)
        made = await federation.trust(there, tenants=["School.Example", "b.example"])
        assert made["issuer"] == federation.google.issuer
        assert made["tenants"] == ["b.example", "school.example"]
        path = f"{PROVIDERS}/{made['id']}"
        changed = await admin.patch(path, {"tenants": ["c.example"]}, version=2)
        assert changed.json()["tenants"] == ["c.example"]
        assert (await admin.patch(path, {"label": "G"})).status_code == 428
        assert (await admin.patch(path, {"label": "G"}, version=2)).status_code == 412
        assert (await admin.patch(path, {"tenants": []}, version=3)).status_code == 422
        assert (
            await admin.patch(path, {"issuer": "https://x.example"}, version=3)
        ).status_code == 422
        assert [one["id"] for one in (await admin.get(PROVIDERS)).json()["items"]] == [made["id"]]
        rows = federation.world.sql(
            "select verb from trail where noun_id = %s order by seq", made["id"]
        )
        assert [verb for (verb,) in rows] == [
            "identity_provider.added", "identity_provider.changed", "identity_provider.changed",
        ]  # fmt: skip
        elsewhere = await federation.world.a_school([Role.SCHOOL_ADMIN])
        other = elsewhere.api(Role.SCHOOL_ADMIN)
        assert (await other.get(path)).status_code == 404
        assert (await other.get(PROVIDERS)).json()["items"] == []

    @pytest.mark.parametrize(
        "fields",
        [
            {"tenants": []},
            {"tenants": ["not a domain"]},
            {"kind": "entra", "tenants": [HD]},
            {"kind": "oidc", "tenants": []},
            {"kind": "oidc", "tenants": [], "issuer": "https://evil.example"},
            {"kind": "google", "issuer": "https://evil.example"},
            {"kind": "saml"},
            {"second_factor_values": ["pwd"]},
            {"second_factor_values": ["mfa", "1"]},
        ],
    )
    async def test_refuse_what_nobody_should_trust(
        self, federation: Federation, there: School, fields: dict[str, Any]
    ) -> None:
        body = {"kind": "google", "label": "G", "client_id": CLIENT, "tenants": [HD]} | fields
        answer = await there.api(Role.SCHOOL_ADMIN).post(PROVIDERS, body)
        foreign = fields.get("kind") == "oidc" and "issuer" in fields
        assert code(answer) == f"422 {'issuer_refused' if foreign else 'validation_failed'}"

    async def test_are_changed_after_a_step_up_only(
        self, federation: Federation, there: School
    ) -> None:
        made = await federation.trust(there)
        session = there[Role.SCHOOL_ADMIN].session_id
        federation.world.sql(
            "update auth_session set auth_time = now() - interval '1 hour' where id = %s", session
        )
        admin = there.api(Role.SCHOOL_ADMIN)
        answer = await admin.patch(f"{PROVIDERS}/{made['id']}", {"label": "G"}, version=1)
        assert code(answer) == "401 step_up_needed"
        body = {"kind": "google", "label": "G", "client_id": CLIENT, "tenants": [HD]}
        assert code(await admin.post(PROVIDERS, body)) == "401 step_up_needed"

    async def test_are_shown_to_a_sign_in_page_as_the_world_knows_them(
        self, federation: Federation, there: School
    ) -> None:
        await federation.trust(there)
        gone = await federation.trust(there, kind="entra", label="Microsoft", tenants=[TENANT])
        path = f"/v1/auth/providers/{there.id}"
        shown = (await federation.world.anybody.get(path)).json()["items"]
        assert [one["kind"] for one in shown] == ["google", "entra"]
        assert shown[1]["issuers"] == [federation.liar.issuer(f"{TENANT}/v2.0")]
        assert set(shown[0]) == {"kind", "label", "client_id", "issuers"}
        admin = there.api(Role.SCHOOL_ADMIN)
        await admin.patch(f"{PROVIDERS}/{gone['id']}", {"enabled": False}, version=2)
        assert len((await federation.world.anybody.get(path)).json()["items"]) == 1
        unknown = await federation.world.anybody.get(f"/v1/auth/providers/{UUID(int=7)}")
        assert unknown.json()["items"] == []

    async def test_are_announced(self, federation: Federation) -> None:
        path = "/.well-known/oauth-authorization-server"
        assert GRANT in (await federation.world.anybody.get(path)).json()["grant_types_supported"]
