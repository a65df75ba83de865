"""A passkey made and used by a real browser, with the JSON forms its own functions read and write.

The browser is Chromium with an authenticator of its own (DevTools' WebAuthn domain). Where there
is none, tests/api/people/test_passkeys.py alone vouches for passkeys, and one line says so, since a
browser is no part of what Cairn needs.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.settings import Settings
from app.core.words import Role
from tests.browser import BROWSER, Page, browsing, serving
from tests.programs import check_presence
from tests.signing_in import prove_by_password_only
from tests.world import School, World

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
REGISTER = """
(async (token) => {
  const post = (path, body) => fetch(path, {method: 'POST', body: body && JSON.stringify(body),
    headers: {'Authorization': 'Bearer ' + token, 'Content-Type': 'application/json'}});
  const options = await (await post('/v1/me/passkeys/options')).json();
  const made = await navigator.credentials.create(
    {publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)});
  const answer = await post('/v1/me/passkeys', {name: 'browser', credential: made.toJSON()});
  return JSON.stringify({status: answer.status, body: await answer.json()});
})(%s)
"""
SIGN_IN = """
(async () => {
  const options = await (await fetch('/v1/auth/passkeys/options', {method: 'POST'})).json();
  const used = await navigator.credentials.get(
    {publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)});
  const answer = await fetch('/v1/auth/token', {method: 'POST', body: new URLSearchParams({
    grant_type: 'urn:cairn:params:oauth:grant-type:passkey',
    credential: JSON.stringify(used.toJSON())})});
  return JSON.stringify({status: answer.status, body: await answer.json()});
})()
"""


@pytest.fixture
async def origin(app_settings: Settings, world: World) -> AsyncIterator[str]:
    """A real HTTP server, and where its pages stand."""

    def settings_at(origin: str) -> Settings:
        return app_settings.model_copy(update={"passkey_origins": (origin,)})

    async with serving(settings_at) as origin:
        yield origin


@pytest.fixture
async def page(origin: str, tmp_path: Path) -> AsyncIterator[Page]:
    """A page of the server in a browser that has an authenticator."""
    async with browsing(tmp_path, f"{origin}/docs") as page:
        await page.arrive(origin)
        await page.call("WebAuthn.enable")
        await page.call("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        yield page


class TestTheBrowser:
    def test_is_there(self) -> None:
        check_presence(BROWSER, "Chromium", "CAIRN_REQUIRE_BROWSER")


if BROWSER:

    class TestABrowser:
        async def test_makes_a_passkey_and_signs_in_with_it(
            self, world: World, school: School, page: Page
        ) -> None:
            lead = school[Role.DSL]
            prove_by_password_only(world, lead)
            added = await page.run(REGISTER % json.dumps(lead.token))
            assert added["status"] == 201, added
            assert added["body"]["name"] == "browser"
            assert len(added["body"]["recovery_codes"]) == 10
            for _ in range(2):
                signed_in = await page.run(SIGN_IN)
                assert signed_in["status"] == 200, signed_in
                assert signed_in["body"]["second_factor"] == "done"
            me = (await world.as_token(signed_in["body"]["access_token"]).get("/v1/me")).json()
            assert (me["id"], me["amr"]) == (str(lead.id), ["hwk", "user", "mfa"])
