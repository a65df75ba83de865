"""Whether the role that the application signs in as is safe to serve with.

Apart from the migrations, which load Alembic: a server has no need of it.
"""

from app.db.addresses import ask


class UnsafeRole(Exception):
    """The application's role could step around row-level security."""


CHECKS = """
select r.rolsuper or r.rolbypassrls as steps_around,
       exists (select from pg_class c where c.relowner = r.oid and c.relnamespace =
               'public'::regnamespace and c.relkind = 'r') as owns_tables,
       current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as durable,
       current_setting('synchronous_commit') as waits,
       current_setting('synchronous_standby_names') <> '' as has_standby
from pg_roles r where r.rolname = current_user
"""


def check_app_role(app_url: str, durability: str = "disk", *, accept_unsafe: bool = False) -> None:
    """Refuse a role that owns tables or bypasses policies, and a server that may lose commits.

    `durability` is `disk`, or `standby` if a standby must have a change before it is confirmed.
    Raises `UnsafeRole`, `DatabaseAway`.
    """
    row = ask(app_url, lambda connection: connection.fetchrow(CHECKS))
    if row is None or row[0] or row[1]:
        raise UnsafeRole(
            "CAIRN_DATABASE_URL signs in as a role that owns tables or bypasses row-level "
            "security; use a role of its own (`cairn migrate` creates one)"
        )
    durable, waits, has_standby = row[2:]
    if not accept_unsafe and (weakness := _weakness(durable, waits, has_standby, durability)):
        raise UnsafeRole(weakness)


def _weakness(durable: bool, waits: str, has_standby: bool, durability: str) -> str | None:
    """Why this server's confirmation to this role is weaker than promised; None if it is not."""
    if not durable or waits == "off":
        return (
            "the PostgreSQL server could lose what it accepted: fsync, full_page_writes and "
            "synchronous_commit have to be on"
        )
    if durability == "standby" and not has_standby:
        return "CAIRN_DURABILITY is standby, and synchronous_standby_names of the server is empty"
    if (durability == "standby" or has_standby) and waits not in ("on", "remote_apply"):
        return (
            f"synchronous_commit is {waits}: a change would be acknowledged before a standby has "
            "it on disk; it has to be on"
        )
    return None
