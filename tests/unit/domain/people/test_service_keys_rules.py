"""Rules of service keys."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest

from app.api.schemas.service_keys import ServiceScope
from app.core.words import Actor, Permission, Rights, Role
from app.domain.errors import ValidationFailed
from app.domain.people.service_keys import rules
from app.domain.people.service_keys.errors import ScopeNotYours, ScopeRefused
from app.domain.policy import SERVICE_SCOPES

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def an_actor(*permissions: Permission) -> Actor:
    """Somebody whose role the school defined."""
    rights = Rights(permissions=frozenset(permissions))
    return Actor(UUID(int=1), UUID(int=2), Role.CUSTOM, custom_role="office", rights=rights)


class TestScopes:
    def test_lists_the_same_scopes_as_the_policy(self) -> None:
        given = SERVICE_SCOPES - {Permission.REFERRAL_ANSWER}
        assert set(get_args(ServiceScope)) == {scope.value for scope in given}

    def test_lets_an_administrator_give_each_but_an_agencys(self) -> None:
        admin = Actor(UUID(int=1), UUID(int=2), Role.SCHOOL_ADMIN)
        agencys = Permission.REFERRAL_ANSWER
        rules.require_scopes(admin, [scope.value for scope in SERVICE_SCOPES - {agencys}])
        for role in (Role.SCHOOL_ADMIN, Role.DSL):
            assert not rules.may_give(Actor(UUID(int=1), UUID(int=2), role), agencys.value)

    def test_lets_nobody_give_what_they_do_not_hold(self) -> None:
        office = an_actor(Permission.KEY_CHANGE)
        rules.require_scopes(office, ["staff:provision", "alert:intake"])
        with pytest.raises(ScopeNotYours):
            rules.require_scopes(office, ["alert:intake", "roster:import"])

    def test_lets_nobody_give_a_persons_permission(self) -> None:
        admin = Actor(UUID(int=1), UUID(int=2), Role.SCHOOL_ADMIN)
        for scope in ("staff:change", "cairn", ""):
            assert not rules.may_give(admin, scope)

    def test_narrows_a_token(self) -> None:
        held = ["roster:import", "alert:intake"]
        assert rules.scopes_granted(None, held) == ("alert:intake", "roster:import")
        assert rules.scopes_granted("roster:import", held) == ("roster:import",)
        with pytest.raises(ScopeRefused):
            rules.scopes_granted("roster:import staff:provision", held)


class TestExpiry:
    def test_is_a_year_unless_said(self) -> None:
        assert rules.expiry_of(None, NOW) == NOW + timedelta(days=365)

    def test_is_within_two_years(self) -> None:
        latest = NOW + timedelta(days=731)
        assert rules.expiry_of(latest, NOW) == latest
        for wrong in (NOW, NOW - timedelta(days=1), latest + timedelta(seconds=1)):
            with pytest.raises(ValidationFailed):
                rules.expiry_of(wrong, NOW)


class TestSecrets:
    def test_are_256_random_bits_and_are_kept_as_a_hash(self) -> None:
        secrets = {rules.new_secret() for _ in range(50)}
        assert len(secrets) == 50
        assert all(one.startswith("cairn_") and len(one) == 6 + 43 for one in secrets)
        assert len(rules.hash_of(secrets.pop())) == 32

    def test_knows_the_former_one_until_its_time(self) -> None:
        new, old, until = b"n" * 32, b"o" * 32, NOW + timedelta(hours=1)
        assert rules.is_secret(new, new, old, until, NOW)
        assert rules.is_secret(old, new, old, until, NOW)
        assert not rules.is_secret(old, new, old, until, until)
        assert not rules.is_secret(old, new, None, None, NOW)
        assert not rules.is_secret(b"x" * 32, new, old, until, NOW)
