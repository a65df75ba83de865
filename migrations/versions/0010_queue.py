"""The job queue's own tables, from the library that runs it."""

from alembic import op
from procrastinate.schema import SchemaManager

from migrations.protection import APP

revision = "0010"
down_revision = "0009"

NOTIFY_TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


def upgrade() -> None:
    """Apply.

    The notify trigger is switched off: NOTIFY would make every commit of every school
    queue behind the others; workers poll instead.
    """
    driver = op.get_bind().connection.driver_connection
    driver.execute(SchemaManager.get_schema())
    op.execute(f"alter table procrastinate_jobs disable trigger {NOTIFY_TRIGGER}")
    op.execute(
        f"""
        do $$ declare thing text; begin
          for thing in select tablename from pg_tables
                       where schemaname = 'public' and tablename like 'procrastinate%' loop
            execute format('grant select, insert, update, delete on %I to {APP}', thing);
          end loop;
          for thing in select sequencename from pg_sequences
                       where schemaname = 'public' and sequencename like 'procrastinate%' loop
            execute format('grant usage, select on sequence %I to {APP}', thing);
          end loop;
        end $$
        """
    )


def downgrade() -> None:
    """Undo."""
    op.execute(
        """
        do $$ declare thing text; begin
          for thing in select tablename from pg_tables
                       where schemaname = 'public' and tablename like 'procrastinate%' loop
            execute format('drop table %I cascade', thing);
          end loop;
          for thing in select p.oid::regprocedure::text from pg_proc p
                       where p.pronamespace = 'public'::regnamespace
                         and p.proname like 'procrastinate%' loop
            execute 'drop function ' || thing || ' cascade';
          end loop;
          for thing in select typname from pg_type
                       where typnamespace = 'public'::regnamespace
                         and typname like 'procrastinate%' and typtype in ('e', 'c') loop
            execute format('drop type if exists %I cascade', thing);
          end loop;
        end $$
        """
    )
