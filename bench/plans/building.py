"""Adds to the benchmark's rows what else a large school has, and knows whom and what to ask for."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from bench import build

ROWS = Path(__file__).with_name("rows.sql")
TRUST = UUID("00000000-0000-7000-8000-00000000beef")
SCHOOL = "select id from organisation where kind = 'school' and name = %s"
PEOPLE = """
select distinct on (s.role) s.role, s.account_id, s.id from auth_session s
where s.organisation_id = %s order by s.role, s.account_id
"""
KEYS = "select name, id from service_key where school_id = %s"
BUSIEST = """
select child_id from concern_child where school_id = %s group by child_id
order by count(*) desc, child_id limit 1
"""
THINGS: Mapping[str, str] = {
    "child": BUSIEST,
    "supported": "select child_id from support_plan where school_id = %s and ended_at is null "
    "order by child_id limit 1",
    "concern": "select id from concern where school_id = %s and ended_at is null "
    "order by recorded_at limit 1",
    "lead": "select staff_id from membership where school_id = %s and role = 'dsl' limit 1",
    "deputy": "select staff_id from membership where school_id = %s and role = 'deputy_dsl' "
    "order by staff_id limit 1",
    "teacher": "select staff_id from membership where school_id = %s and role = 'staff' "
    "order by staff_id limit 1",
    "case": "select id from bereavement_case where school_id = %s and state = 'open' limit 1",
    "webhook": "select id from webhook where school_id = %s order by id limit 1",
    "source": "select source_id from monitoring_alert where school_id = %s limit 1",
    "linked_concern": "select id from linked_concern where school_id = %s "
    "order by fired_at desc limit 1",
    "child_group": "select id from child_group where school_id = %s and ended_at is null limit 1",
    "plan": "select id from safety_plan where school_id = %s and state = 'in_use' limit 1",
    "agency": "select agency_id from referral where school_id = %s limit 1",
}


def add_rows(owner_url: str, app_role: str, say: build.Say) -> None:
    """Fill the tables and let the application's role tell the plan of everything it runs."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("set synchronous_commit = off")
        owner.execute("set work_mem = '256MB'")
        _, *steps = ROWS.read_text().split("\n-- step: ")
        for step in steps:
            title, _, statements = step.partition("\n")
            begun = time.monotonic()
            owner.execute(statements.encode())
            say(f"Built {title} in {time.monotonic() - begun:.1f} s")
        say("Vacuum and analyze")
        owner.execute("vacuum (freeze, analyze)")
        for setting, value in (
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_buffers", "on"),
            ("auto_explain.log_format", "json"),
            ("auto_explain.log_nested_statements", "on"),
            ("auto_explain.log_level", "notice"),
            ("auto_explain.log_parameter_max_length", "0"),
            ("statement_timeout", "60s"),
        ):
            owner.execute(
                sql.SQL("alter role {} set {} = {}").format(
                    sql.Identifier(app_role),
                    sql.SQL(".").join(map(sql.Identifier, setting.split("."))),
                    sql.Literal(value),
                )
            )


def plan_as(owner_url: str, app_role: str, mode: str) -> None:
    """Have the application's new connections plan with the values or without them."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(
            sql.SQL("alter role {} set plan_cache_mode = {}").format(
                sql.Identifier(app_role), sql.Literal(mode)
            )
        )


class Place:
    """One school (or the trust): its people by role, its programs, and what to ask about."""

    def __init__(self, owner_url: str, name: str) -> None:
        with psycopg.connect(owner_url) as owner:
            found = owner.execute(SCHOOL, [name]).fetchone()
            self.id = UUID(str(found[0])) if found else TRUST
            self.people: dict[str, Any] = {
                role: (account, session)
                for role, account, session in owner.execute(PEOPLE, [self.id])
            }
            self.keys: dict[str, UUID] = dict(owner.execute(KEYS, [self.id]).fetchall())
            self.things: dict[str, str] = {}
            for thing, statement in THINGS.items():
                row = owner.execute(statement.encode(), [self.id]).fetchone()
                self.things[thing] = str(row[0]) if row else ""
