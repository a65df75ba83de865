"""Every operation says in plain words what it does, and who may call it."""

import re
from collections import Counter
from typing import Any

import pytest

from app.api.recipients import RecipientRoute
from app.api.route_classes import PublicRoute
from app.core.settings import Settings
from app.core.words import Permission, Role
from app.domain import policy
from app.main import build_app
from tests.routes import api_routes

LONGEST = 60
VERBS = frozenset(
    {
        "Accept", "Acknowledge", "Add", "Agree", "Amend", "Answer", "Approve", "Ask", "Assess",
        "Assign", "Begin", "Cancel", "Challenge", "Change", "Chase", "Check", "Close",
        "Comment", "Complete", "Confirm", "Connect", "Correct", "Count", "Countersign",
        "Create", "Declare", "Decline", "Define", "Delete", "Dismiss", "Download", "Draft",
        "Drop", "End", "Enter", "Explain", "Found", "Get", "Give", "Hand", "Import", "Invite",
        "Keep", "Leave", "Link", "List", "Lock", "Look", "Mark", "Match", "Merge", "Monitor",
        "Move", "Offer", "Open", "Order", "Prepare", "Preview", "Prove", "Put", "Raise", "Read",
        "Recall", "Receive", "Record", "Refuse", "Reject", "Remove", "Renew", "Reopen",
        "Replace", "Replay", "Reply", "Report", "Request", "Reset", "Resolve", "Resume",
        "Return", "Reveal", "Review", "Revoke", "Rotate", "Search", "Send", "Set", "Settle",
        "Start", "Stream", "Support", "Switch", "Take", "Tell", "Test", "Triage", "Undo", "Unlink",
        "Unlock", "Update", "Withdraw",
    }
)  # fmt: skip
"""How a summary may begin. A new one is added here by the person who needs it."""
OTHER_VERB = {
    "add_membership", "break_glass", "confirm_password_reset", "decide_on_parents", "enrol_totp",
    "end_support_list_entry", "extend_support_list_entry", "get_health", "get_problem",
    "get_readiness", "grant_access", "issue_nonce", "issue_token", "mark_concern",
    "reassign_action", "redirect_adult_concern", "settle_check_in", "settle_concern", "step_up",
    "unmerge_child", "unmerge_contact", "use_plan",
}  # fmt: skip
"""Ids with the term of the trade, where the summary says it in other words."""
DAILY = {
    "raise_concern", "acknowledge_concern", "triage_concern", "draft_share", "preview_share",
    "approve_share", "draft_referral", "update_referral", "approve_referral", "prepare_transfer",
    "preview_transfer_contents", "approve_transfer", "record_transfer_sent", "get_roster_import",
    "list_own_check_ins", "add_attachment", "raise_adult_concern", "acknowledge_adult_concern",
    "assess_adult_concern", "search_children", "list_referral_kinds", "list_referral_missing",
    "preview_referral", "list_transfer_destinations", "download_packet",
    "reveal_transfer_passphrase", "list_roster_problems", "open_past_rows",
    "list_sign_in_providers", "issue_nonce",
}  # fmt: skip
"""Steps of what people do in several calls: each of these says what to call next."""
CALLS = re.compile("(?:Next: | calls? |as by |one with )[^.;]*")
"""What an operation says of others that are called besides it."""


@pytest.fixture(scope="module")
def application() -> Any:
    return build_app(Settings()).app


@pytest.fixture(scope="module")
def operations(application: Any) -> dict[str, Any]:
    """Every operation of the document by its id."""
    methods = application.openapi()["paths"].values()
    return {one["operationId"]: one for path in methods for one in path.values()}


@pytest.fixture(scope="module")
def doors(application: Any) -> dict[str, Any]:
    """Every route by the id of its operation."""
    return {route.endpoint.__name__: route for _, route in api_routes(application)}


class TestSummaries:
    def test_are_no_ids_in_title_case(self, operations: dict[str, Any]) -> None:
        generated = [
            name
            for name, one in operations.items()
            if one["summary"] == name.replace("_", " ").title()
        ]
        assert generated == []

    def test_are_short_phrases_that_begin_with_a_verb(self, operations: dict[str, Any]) -> None:
        wrong = {
            name: one["summary"]
            for name, one in operations.items()
            if one["summary"].split(" ")[0] not in VERBS
            or len(one["summary"]) > LONGEST
            or one["summary"].endswith(".")
            or "\n" in one["summary"]
        }
        assert wrong == {}

    def test_begin_as_the_ids_do(self, operations: dict[str, Any]) -> None:
        """Clients call it by its id: what only records a sending must not be called `send`."""
        other = {
            id_ for id_, operation in operations.items()
            if id_.partition("_")[0] != operation["summary"].partition(" ")[0].lower()
        }  # fmt: skip
        assert other == OTHER_VERB

    def test_are_of_one_operation_each(self, operations: dict[str, Any]) -> None:
        counted = Counter(one["summary"] for one in operations.values())
        assert [summary for summary, times in counted.items() if times > 1] == []


class TestDescriptions:
    def test_say_more_than_who_may_call(self, operations: dict[str, Any]) -> None:
        bare = [name for name, one in operations.items() if "\n\n" not in one["description"]]
        assert bare == []

    def test_name_the_permission_that_the_route_checks(
        self, operations: dict[str, Any], doors: dict[str, Any]
    ) -> None:
        for name, operation in operations.items():
            said = operation["description"].rpartition("\n\n")[2]
            needs = getattr(doors[name], "needs", None)
            if needs is not None:
                assert said.startswith(f"Needs `{needs.value}`."), name
            elif isinstance(doors[name], PublicRoute):
                assert "no sign-in" in said, name
            elif isinstance(doors[name], RecipientRoute):
                assert "recipient of a link" in said, name
            else:
                assert said.startswith("Any signed-in person may call it"), name
                assert ("for themselves" in said) == doors[name].path.startswith("/v1/me"), name
            assert ("fresh proof" in said) == getattr(doors[name], "recent", False), name

    def test_of_the_token_names_the_roles_that_hold_each_permission(self, application: Any) -> None:
        """A role that loses or gains a permission changes what is said, once for all operations."""
        schemes = application.openapi()["components"]["securitySchemes"]
        lines = dict(
            re.findall(r"^- `(.+)`: (.+)$", schemes["bearer"]["description"], re.MULTILINE)
        )
        assert set(lines) == {permission.value for permission in Permission}
        assert Role.PASTORAL.value in policy.roles_with(Permission.CONCERN_TRIAGE)
        assert lines["concern:triage"] == (
            "pastoral team, deputy safeguarding lead, designated safeguarding lead, headteacher"
        )
        assert lines["concern:raise"] == "every member of staff"
        assert "service key" in lines["alert:intake"]
        assert "grant for the record" in lines["chronology:read"]

    @pytest.mark.parametrize("name", sorted(DAILY))
    def test_of_the_daily_walk_say_what_comes_next(
        self, operations: dict[str, Any], name: str
    ) -> None:
        assert "Next: " in operations[name]["description"]

    def test_name_operations_where_they_say_what_to_call(self, operations: dict[str, Any]) -> None:
        """As `permissions` name them, and not by the last word of their address."""
        named = {
            (name, word)
            for name, one in operations.items()
            for said in re.findall(CALLS, one["description"])
            for word in re.findall("`([a-z_]+)`", said)
        }
        assert len({name for name, _ in named} & DAILY) > len(DAILY) / 2
        assert {(name, word) for name, word in named if word not in operations} == set()
