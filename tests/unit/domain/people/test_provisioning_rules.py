"""What a profile says of a person, and which roles a group may give by itself."""

import pytest

from app.core.words import Permission, Rights, Role
from app.domain.people.provisioning.rules import Profile, address_of, shown_name
from app.domain.people.role_proposals.rules import is_everyday
from app.domain.policy import BUILT_IN, GUARDED


class TestIsEveryday:
    @pytest.mark.parametrize("role", [Role.STAFF, Role.GOVERNOR])
    def test_is_true_of_roles_that_read_no_record(self, role: Role) -> None:
        assert is_everyday(BUILT_IN[role])

    @pytest.mark.parametrize(
        "role",
        [Role.PASTORAL, Role.DEPUTY_DSL, Role.DSL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS,
         Role.SCHOOL_ADMIN],
    )  # fmt: skip
    def test_is_false_of_roles_that_read_or_administer(self, role: Role) -> None:
        assert not is_everyday(BUILT_IN[role])

    @pytest.mark.parametrize("permission", sorted(GUARDED | {Permission.CONCERN_READ}))
    def test_is_false_with_one_guarded_or_reading_permission(self, permission: Permission) -> None:
        assert not is_everyday(Rights(permissions=frozenset({permission})))

    def test_is_false_with_sight_of_any_class(self) -> None:
        assert not is_everyday(Rights(classes=frozenset({"K2"})))
        assert not is_everyday(Rights(cohort_classes=frozenset({"K2"})))


class TestAddressOf:
    def test_prefers_the_primary_then_the_one_at_work(self) -> None:
        home = {"value": "h@example.org", "type": "home"}
        work = {"value": "w@example.org", "type": "work"}
        first = {"value": "p@example.org", "type": "other", "primary": True}
        assert (
            address_of(Profile("x", attributes={"emails": [home, work, first]})) == first["value"]
        )
        assert address_of(Profile("x", attributes={"emails": [home, work]})) == work["value"]
        assert address_of(Profile("x", attributes={"emails": [home]})) == home["value"]

    def test_falls_back_on_the_user_name(self) -> None:
        assert address_of(Profile("jo@example.org")) == "jo@example.org"
        assert address_of(Profile("jo")) is None


class TestShownName:
    def test_takes_the_best_there_is(self) -> None:
        name = {"givenName": "Jo", "familyName": "Reed"}
        assert shown_name(Profile("x", attributes={"displayName": "J", "name": name})) == "J"
        whole = {**name, "formatted": "Jo M Reed"}
        assert shown_name(Profile("x", attributes={"name": whole})) == "Jo M Reed"
        assert shown_name(Profile("x", attributes={"name": name})) == "Jo Reed"
        assert shown_name(Profile("x")) == "x"
