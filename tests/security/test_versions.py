"""A change asks for the version that its sender has read, and refuses every other one.

Whatever is refused so has changed nothing: the same request goes through with the right version.
"""

from dataclasses import replace

import pytest

from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
ASKING = sorted(
    name
    for name, one in OPERATIONS.items()
    if not one.described.get("x-scim")
    and "if-match" in {each["name"].lower() for each in one.described.get("parameters", ())}
)
TAKE_AN_OLDER_ONE = {
    "withdraw_referral": "what its agency did since keeps nobody from taking it back",
    "revoke_service_key": "nobody who revokes a lost key is held up",
    "revoke_agency_key": "the same",
    "remove_webhook": "nobody who stops a leak is held up",
    "end_intake_source": "the same",
}
"""What stops a leak goes through, whatever was done since; a version to come does not.

So does `revoke_share` once it was sent; here it is a draft. See
tests/api/sharing/test_recipient_links_taking_back.py.
"""

CARDS = {
    "end_conflict": "/v1/conflicts",
    "end_grant": "/v1/access/grants",
    "end_break_glass": "/v1/access/break-glass",
    "review_notice": "/v1/access/notices",
    "end_cover": "/v1/cover",
    "end_absence": "/v1/staff-absences",
    "end_membership": "/v1/staff/{staff_id}/memberships",
    "leave_bereavement_team": "/v1/bereavement-cases/{case_id}",
    "revoke_agency_key": "/v1/agencies/{agency_id}/keys",
}
"""Where the `etag` stands on a card, since a list or another record shows what is changed."""


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are changed."""
    return await a_school(world)


@pytest.mark.parametrize("name", ASKING)
async def test_a_change_takes_the_version_that_was_read_and_no_other(
    world: World, here: School, name: str
) -> None:
    operation, role = OPERATIONS[name], min(TABLE[name].roles)
    call = await TABLE[name].recipe(Scene(world, here, here[role]))
    api, version = here.api(role), call.version
    assert version is not None
    missing = await operation.send(api, replace(call, version=None))
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_needed")
    wrong = [version + 1] if name in TAKE_AN_OLDER_ONE else [version - 1, version + 1]
    for other in wrong:
        stale = await operation.send(api, replace(call, version=other))
        assert (stale.status_code, stale.json()["code"]) == (412, "version_stale"), stale.text
    seen = version - 1 if name in TAKE_AN_OLDER_ONE else version
    done = await operation.send(api, replace(call, version=seen))
    assert done.status_code in operation.good, done.text
    body = done.json() if done.content else {}
    assert body.get("etag", done.headers.get("etag")) == done.headers.get("etag")


@pytest.mark.parametrize("name", sorted(CARDS))
async def test_a_card_shows_what_to_send(world: World, here: School, name: str) -> None:
    role = min(TABLE[name].roles)
    call = await TABLE[name].recipe(Scene(world, here, here[role]))
    shown = (await here.api(role).get(CARDS[name].format(**call.ids))).json()
    cards = {one["id"]: one for one in shown.get("items") or shown["team"]}
    (id_,) = cards.keys() & {*call.ids.values()}
    assert cards[id_]["etag"] == f'"{call.version}"'


def test_the_sweep_sees_every_change() -> None:
    assert len(ASKING) > 150
    assert TAKE_AN_OLDER_ONE.keys() <= {*ASKING}
