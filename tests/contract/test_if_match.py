"""Whatever changes an existing record asks for the version that its sender has read.

The sweep finds those operations by itself. What changes one without If-Match stands here with its
reason; what an adult beside a pupil in danger sends says so in its declaration (`never_lost`).
"""

from typing import Any

import pytest

from tests.answers import described, inlined

WITHOUT: dict[str, set[str]] = {
    "It adds a record: nothing that somebody has read is changed by it.": {
        "add_affected", "add_adult_note", "add_agency_key", "add_attachment",
        "add_bereavement_member", "add_comment", "add_contact", "add_identifier",
        "add_membership", "add_record", "add_relationship", "add_status",
        "amend_record", "ask_for_chronology", "ask_reporter", "begin_plan",
        "create_bereavement_date", "create_reintegration", "decide_on_parents",
        "dismiss_possible_sibling",
        "make_support_plan", "mark_concern", "name_staff", "note_contacted",
        "receive_signed_alert", "record_bereavement_entry", "record_decision",
        "record_sanction",
        "request_sharing_exception", "set_action", "support_friend", "update_bereavement_duty",
        "write_communication",
    },
    "It adds an entry about words that never change; amended ones are refused by their own code.": {
        "approve_communication", "note_communication_sent",
    },
    "Two people may press it in the same minute: a second time changes nothing, and somebody in"
    " a hurry is never refused. It is about the sender's own alert, which rings again by itself.": {
        "acknowledge_alert",
    },
    "It says yes or no about an entry whose words never change: the last word counts, and the trail"
    " keeps every one.": {"mark_significant"},
    "It says which child a reference means, in every import: the last word counts, the"
    " trail keeps every one. The plan is made once more.": {"match_source_child"},
    "The sender's own job: nobody else changes it, a second time changes nothing, and its ETag"
    " moves with how far it is.": {"cancel_job"},
    "It ends or answers what is the sender's own: sessions, factors, identities, invitations,"
    " a question to them.": {
        "accept_my_invitation", "decline_my_invitation",
        "remove_passkey", "remove_totp", "revoke_session", "unlink_my_identity",
    },
    "It ends whatever there is at that moment, so that somebody is shut out at once.": {
        "reset_second_factor", "revoke_staff_sessions",
    },
    "It moves whatever a person owns at that moment, and a dry run shows it before.": {
        "hand_over_work",
    },
    "It sends something again and changes no field of the record.": {
        "invite_staff", "replay_webhook", "replay_webhook_delivery", "test_webhook",
    },
    "It takes the place of invitations that nobody has accepted. Another one does so again, and the"
    " trail keeps both.": {"appoint_first_person"},
    "It reveals a secret once and changes no field of the record.": {
        "reveal_transfer_passphrase",
    },
    "The recipient's own page, in its own words: they see no version.": {
        "acknowledge_shared", "ask_for_code", "enter_code", "leave_shared", "reply_to_shared",
        "return_outcome",
    },
    "The agency holds no version, and none of its steps undoes another.": {
        "acknowledge_referral", "ask_about_referral", "return_referral_outcome",
    },
}  # fmt: skip
"""Operations at an existing record that ask for no version, by the reason."""


@pytest.fixture(scope="module")
def changes() -> dict[str, dict[str, Any]]:
    """Every operation that acts on an existing record; SCIM has a rule of its own."""
    return {
        operation["operationId"]: operation
        for path, methods in inlined(described())["paths"].items()
        for method, operation in methods.items()
        if method in ("put", "patch", "delete") or (method == "post" and "{" in path)
        if not operation.get("x-scim")
    }


def asks(operation: dict[str, Any]) -> bool:
    """Whether it takes If-Match and says what comes without, and with an old one."""
    names = {one["name"].lower() for one in operation.get("parameters", ())}
    return "if-match" in names and {"412", "428"} <= set(operation["responses"])


def is_emergency(operation: dict[str, Any]) -> bool:
    """Whether its declaration says that an adult beside a pupil in danger sends it."""
    return "ReportRefused" in str(operation["responses"])


def test_is_asked_for_by_every_change(changes: dict[str, dict[str, Any]]) -> None:
    found = {
        name
        for name, operation in changes.items()
        if not asks(operation) and not is_emergency(operation)
    }
    assert found == set().union(*WITHOUT.values())


def test_is_not_asked_for_where_the_list_says_that_a_record_is_added(
    changes: dict[str, dict[str, Any]],
) -> None:
    added, about_words, *_ = WITHOUT.values()
    for name in added | about_words:
        assert {"201", "202"} & set(changes[name]["responses"]), name


def test_sees_what_is_there(changes: dict[str, dict[str, Any]]) -> None:
    """The sweep would pass blindly where it found nothing."""
    assert len(changes) > 200
    assert sum(asks(one) for one in changes.values()) > 150
    calls = {"note_emergency", "note_with_adult", "say_worried"}
    assert calls <= {name for name, one in changes.items() if is_emergency(one) and not asks(one)}
