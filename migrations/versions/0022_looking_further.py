"""Names of the server's schools, to send a file to; files that came are looked at again."""

from alembic import op

from migrations.protection import APP, SEARCH
from migrations.sealing import forget_schools, list_schools

revision = "0022"
down_revision = "0021"

STAFF = "id, school_id"
"""What the policy that everybody has on `organisation` compares: of the own rows alone."""
SHOWN = "id, kind, name, urn, local_authority"
LOOKED_AT = "state, scan_result, signature"
NAME = "transfer_destinations(text, uuid, integer)"


def upgrade() -> None:
    """Apply."""
    _name_schools()
    list_schools("received_attachment", newer=False)
    op.execute(f"grant update ({LOOKED_AT}) on received_attachment to {APP}")


def _name_schools() -> None:
    """Public facts of other schools by name or URN, after one of them: a bounded page."""
    op.execute(
        f"create policy search on organisation for select to {SEARCH} using (kind = 'school')"
    )
    op.execute(f"grant select ({SHOWN}) on organisation to {SEARCH}")
    op.execute(f"grant select ({STAFF}) on staff to {SEARCH}")
    op.execute(
        """
        create function transfer_destinations(asked text, after uuid, most integer)
        returns table (id uuid, name text, urn text, local_authority text)
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select o.id, o.name, o.urn, o.local_authority
          from public.organisation o
          where o.kind = 'school'
            and o.id <> nullif(current_setting('app.school_id', true), '')::uuid
            and (asked is null or o.urn = asked or strpos(lower(o.name), lower(asked)) > 0)
            and (after is null or (lower(o.name), o.id) > (
              select lower(l.name), l.id from public.organisation l where l.id = after))
          order by lower(o.name), o.id
          limit least(most, 201)
        $$
        """
    )
    op.execute(f"revoke all on function {NAME} from public")
    op.execute(f"grant {SEARCH} to current_user")
    op.execute(f"grant create on schema public to {SEARCH}")
    op.execute(f"alter function {NAME} owner to {SEARCH}")
    op.execute(f"revoke create on schema public from {SEARCH}")
    op.execute(f"grant execute on function {NAME} to {APP}")


def downgrade() -> None:
    """Undo."""
    op.execute(f"revoke update ({LOOKED_AT}) on received_attachment from {APP}")
    forget_schools("received_attachment", newer=False)
    op.execute(f"drop function {NAME}")
    op.execute(f"revoke select ({STAFF}) on staff from {SEARCH}")
    op.execute(f"revoke select ({SHOWN}) on organisation from {SEARCH}")
    op.execute("drop policy search on organisation")
