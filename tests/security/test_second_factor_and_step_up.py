"""Sweeps over every operation: closed to a lead with a password alone, and stale where it matters.

The lists are written out: an operation that changes sides has to be changed here as well.
"""

from datetime import timedelta

import pytest

from app.core.ids import new_id
from app.core.words import Role
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import Call, Scene
from tests.world import EVERY_ROLE, Person, School, World

OPERATIONS = operations()
GUARDED = sorted(name for name, one in OPERATIONS.items() if not one.is_public and name in TABLE)
ENROLLING = {
    "add_passkey",
    "begin_passkey",
    "begin_step_up",
    "change_password",
    "confirm_totp",
    "enrol_totp",
    "get_me",
    "list_sessions",
    "end_other_sessions",
    "end_session",
    "step_up",
    "switch_role",
}
"""All that is open to a session without the second factor its role needs, whole as it is."""
BY_PASSWORD = {
    # saying it, adding to it, and calling help
    "raise_concern", "amend_concern", "add_attachment", "lock_out_named_staff", "list_my_concerns",
    "list_concern_categories", "open_concern", "record_emergency", "record_with_adult",
    "get_lead_availability", "search_children", "get_year_groups", "look_up", "answer_question",
    "raise_adult_concern", "amend_adult_concern", "list_my_adult_concerns",
    # a duty to report that is the person's own
    "begin_mandatory_report", "list_mandatory_reports", "open_mandatory_report",
    "update_mandatory_report",
    "record_mandatory_report_sent", "withdraw_mandatory_report",
    # what is one's own to do
    "list_tasks", "open_task", "complete_task", "record_task_contact", "list_own_check_ins",
    "open_check_in", "complete_check_in", "report_worry", "record_check_in_declined",
    "ask_for_cover", "accept_cover", "list_my_actions", "open_action", "complete_action",
    "list_alerts", "acknowledge_alert", "acknowledge_alerts",
}  # fmt: skip
"""All that is open to a session that lacks the second factor its role needs, besides enrolling."""
RECENT = {
    # where alerts go
    "confirm_my_reach",
    # sharing and referring
    "approve_share",
    "record_hand_over",
    "send_share",
    "renew_share_code",
    "confirm_share",
    "approve_referral",
    "send_referral_link",
    "create_agency_key",
    "set_agency_webhook",
    # files that leave, arrive or are unlocked
    "request_school_export",
    "approve_school_export",
    "download_school_export",
    "approve_transfer",
    "accept_incoming_transfer",
    "download_packet",
    "reveal_transfer_passphrase",
    "rotate_transfer_keys",
    "unlock_child_file",
    # what is taken out on paper or as a document
    "request_chronology",
    "download_job_result",
    "download_document_pdf",
    "download_referral_pdf",
    "download_share_pdf",
    # who is let in, and by whom
    "add_staff",
    "create_school",
    "invite_first_person",
    "add_membership",
    "end_membership",
    "hand_over_work",
    "set_cover",
    "end_cover",
    "end_staff_sessions",
    "reset_second_factor",
    "define_role",
    "update_role",
    "end_role",
    "confirm_proposed_change",
    "confirm_role_proposal",
    "refuse_role_proposal",
    "set_scim_group_role",
    "add_identity_provider",
    "approve_identity_provider",
    "update_identity_provider",
    # keys of programs, and where data goes to or comes from
    "create_service_key",
    "update_service_key",
    "rotate_service_key",
    "add_intake_source",
    "rotate_intake_source",
    "add_webhook",
    "update_webhook",
    "rotate_webhook",
    # sight beyond the role
    "grant_access",
    "break_glass",
    "review_break_glass",
    "confirm_conflict",
    "end_conflict",
    # the own ways to sign in
    "link_my_identity",
    "unlink_my_identity",
    "remove_totp",
    "remove_passkey",
    "renew_recovery_codes",
}
"""All that asks for a proof of identity of the last ten minutes."""
OWN_FACTORS = {"add_passkey", "begin_passkey", "change_password", "confirm_totp", "enrol_totp"}
"""Open while one enrols: they ask for it in their own code, and for a factor where one is kept."""
RAW = "application/octet-stream"
NOBODY = "01990000-0000-7000-8000-000000000000"


def bare(name: str) -> Call:
    """A request that is refused at the door, before anything in it is looked at."""
    ids = dict.fromkeys(_names(OPERATIONS[name].path), NOBODY)
    kinds = OPERATIONS[name].described.get("requestBody", {}).get("content", {})
    if not kinds or any(kind.endswith(("/json", "+json")) for kind in kinds):
        return Call(ids, version=1)
    if "application/x-ndjson" in kinds and RAW not in kinds:
        return Call(ids, content=b"{}", headers={"Content-Type": "application/x-ndjson"})
    headers = {"Content-Type": RAW, "Content-Disposition": 'attachment; filename="a.pdf"'}
    return Call(ids, content=b"%PDF-1.7", headers=headers)


def _names(path: str) -> list[str]:
    return [piece.partition("}")[0] for piece in path.split("{")[1:]]


@pytest.fixture(scope="module")
async def place(world: World) -> School:
    """A school whose people proved themselves by a password alone."""
    school = await world.a_school()
    world.sql("update auth_session set amr = '{pwd}' where organisation_id = %s", school.id)
    return school


@pytest.fixture(scope="module")
async def stale(world: World) -> School:
    """A school whose people proved themselves eleven minutes ago."""
    school = await world.a_school()
    world.sql(
        "update auth_session set auth_time = auth_time - %s where organisation_id = %s",
        timedelta(minutes=11), school.id,
    )  # fmt: skip
    return school


def somebody(school: School, name: str) -> Person:
    """A person who may do it and whose role needs a second factor, where there is one."""
    roles = TABLE[name].roles | TABLE[name].in_trust
    needing = [role for role in (Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN)
               if role in roles]  # fmt: skip
    return school[needing[0] if needing else min(roles)]


class TestASessionWithoutItsSecondFactor:
    def test_has_the_operations_written_here(self) -> None:
        found = {name for name, one in OPERATIONS.items() if one.described.get("x-enrolling")}
        assert found == ENROLLING

    @pytest.mark.parametrize(
        "name",
        [one for one in GUARDED if one not in BY_PASSWORD
         and (TABLE[one].roles | TABLE[one].in_trust)
         & {Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN}],
    )  # fmt: skip
    async def test_is_limited_to_enrolling(self, world: World, place: School, name: str) -> None:
        person = somebody(place, name)
        if name == "end_other_sessions":
            person = await place.person(person.role)
            world.sql("update auth_session set amr = '{pwd}' where id = %s", person.session_id)
        answer = await OPERATIONS[name].send(world.as_token(person.token), bare(name))
        if name in ENROLLING:
            assert answer.json().get("code") != "second_factor_needed"
        else:
            assert answer.status_code == 403, answer.text
            assert answer.json()["code"] == "second_factor_needed"

    @pytest.mark.parametrize("role", EVERY_ROLE)
    async def test_is_so_for_leads_heads_and_administrators(
        self, place: School, role: Role
    ) -> None:
        """And for pastoral staff and chairs; a teacher's password is enough for a teacher."""
        me = (await place.api(role).get("/v1/me")).json()
        needing = {Role.PASTORAL, Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN,
                   Role.CHAIR_OF_GOVERNORS}  # fmt: skip
        assert me["second_factor"] == ("enrol" if role in needing else "none")

    async def test_is_refused_in_the_trail(self, world: World, place: School) -> None:
        await place.lead.get("/v1/concerns")
        rows = world.sql(
            "select details->>'code' from trail where actor_id = %s and verb = 'access.refused'",
            place[Role.DSL].id,
        )
        assert ("second_factor_needed",) in rows


class TestAnOldProof:
    def test_is_not_enough_for_what_is_written_here(self) -> None:
        """And no less of it: what asks no longer, or asks now, is missed or unknown here."""
        found = {name for name, one in OPERATIONS.items() if one.described.get("x-step-up")}
        assert found == RECENT

    def test_is_told_of_where_it_can_be_answered(self, world: World) -> None:
        paths = world.description.document["paths"]
        found = {
            one["operationId"]
            for methods in paths.values()
            for one in methods.values()
            if "step_up_needed" in str(one["responses"].get("401"))
        }
        assert found == RECENT | OWN_FACTORS

    @pytest.mark.parametrize("name", sorted(OWN_FACTORS))
    async def test_is_not_enough_to_change_how_one_signs_in(self, world: World, name: str) -> None:
        """Old, and by a password alone, where the account keeps an app."""
        school = await world.a_school([Role.DSL])
        person = school[Role.DSL]
        call = await TABLE[name].recipe(Scene(world, school, person))
        world.sql(
            "insert into totp_secret (id, account_id, sealed, created_at, confirmed_at, last_step)"
            " values (%s, %s, 'x', now(), now(), 0)",
            new_id(), person.id,
        )  # fmt: skip
        world.sql(
            "update auth_session set amr = '{pwd}', auth_time = auth_time - %s where id = %s",
            timedelta(minutes=11), person.session_id,
        )  # fmt: skip
        answer = await OPERATIONS[name].send(school.lead, call)
        assert answer.status_code == 401, answer.text
        assert answer.json()["code"] == "step_up_needed"

    @pytest.mark.parametrize("name", sorted(RECENT))
    async def test_is_answered_with_a_challenge(
        self, world: World, stale: School, name: str
    ) -> None:
        person = somebody(stale, name)
        answer = await OPERATIONS[name].send(world.as_token(person.token), bare(name))
        assert answer.status_code == 401, answer.text
        assert answer.json()["code"] == "step_up_needed"
        (code,) = world.sql(
            "select details->>'code' from trail where actor_id = %s and verb = 'access.refused'"
            " and details->>'operation' = %s union all"
            " select details->>'code' from adult_trail where actor_id = %s"
            " and details->>'operation' = %s",
            person.id, name, person.id, name,
        )[-1]  # fmt: skip
        assert code == "step_up_needed"
        assert answer.headers["www-authenticate"] == (
            'Bearer realm="cairn", error="insufficient_user_authentication", max_age=600'
        )

    async def test_is_enough_for_emergencies(self, world: World, stale: School) -> None:
        """Nothing may delay telling an agency, raising a concern or acknowledging one."""
        for name in (
            "raise_concern",
            "draft_referral",
            "record_referral_sent",
            "acknowledge_concern",
        ):
            assert name in OPERATIONS
            answer = await OPERATIONS[name].send(stale.lead, bare(name))
            assert answer.status_code != 401, name

    async def test_is_judged_by_the_session_not_by_the_token(
        self, world: World, stale: School
    ) -> None:
        """A token that claims a fresh proof is no proof."""
        person = stale[Role.SCHOOL_ADMIN]
        token = world.token_of(person)
        answer = await OPERATIONS["add_staff"].send(world.as_token(token), bare("add_staff"))
        assert answer.json()["code"] == "step_up_needed"
