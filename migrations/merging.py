"""Rows of a child go to the child who goes on, by a function that can do nothing else."""

from collections.abc import Mapping, Sequence

from alembic import op

from migrations.protection import MERGER, SCHOOL, run_as

ONE: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(
        (
            "access_grant", "affected_person", "attendance_mark", "bereavement_case", "body_mark",
            "check_in", "child_group_member", "child_identifier", "child_status",
            "chronology_entry", "concern_case", "concern_child", "conflict", "contact", "decision",
            "document", "document_job", "enrolment", "fact_change", "file_lock", "file_request",
            "frozen_file", "incoming_transfer", "linked_row", "meeting", "monitoring_alert",
            "past_child", "past_entry", "reading_notice", "received_file", "received_record",
            "referral", "reintegration", "review", "safety_plan", "safety_record", "sanction",
            "share", "sharing_exception", "snapshot", "support_list_entry", "support_plan", "task",
            "transfer",
        ),
        ("child_id",),
    ),
    "relationship": ("child_id", "other_child_id"),
    "concern_correction": ("child_id", "former_child_id"),
    "roster_link": ("local_id",),
}  # fmt: skip
"""Columns that name one child."""
SEVERAL: Mapping[str, Sequence[str]] = {
    "self_harm": ("pupils",), "self_harm_step": ("child_ids",),
}  # fmt: skip
"""Columns that name several, the first by the keys of an object."""
MOVE = "move_child_rows(uuid, text, text, uuid[], boolean, integer)"


def moving_children() -> None:
    """The application may not say of a share, say, that it is about somebody else.

    The function may, for the two children of one merge and in no other way: its owner may change
    the columns that name a child and the number of a safety plan, and nothing else. The school's
    own policy holds for it as for everybody.
    """
    for table, columns in {**ONE, **SEVERAL}.items():
        listed = ", ".join(columns)
        op.execute(
            f"grant select (school_id, id, {listed}), update ({listed}) on {table} to {MERGER}"
        )
    op.execute(f"grant select (number), update (number) on safety_plan to {MERGER}")
    op.execute(
        f"grant select (school_id, id, merged_id, kept_id, state) on child_merge to {MERGER}"
    )
    op.execute(
        f"""
        create function move_child_rows(
          merge uuid, tab text, col text, ids uuid[], back boolean, shift integer)
        returns setof uuid
        language plpgsql security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
        declare
          came uuid;
          goes uuid;
          names text := case tab when 'self_harm' then 't.%I ? $3::text'
            when 'self_harm_step' then '$3 = any(t.%I)' else 't.%I = $3' end;
          named text := case tab
            when 'self_harm' then
              '(t.%1$I - $3::text) || jsonb_build_object($4::text, t.%1$I -> $3::text)'
            when 'self_harm_step' then 'array_replace(t.%1$I, $3, $4)' else '$4' end;
        begin
          select m.merged_id, m.kept_id into came, goes from public.child_merge m
          where m.school_id = {SCHOOL} and m.id = merge and m.state <> 'undone';
          if not found then
            raise insufficient_privilege using message = 'there is no such merge';
          end if;
          if back then
            select goes, came into came, goes;
          end if;
          return query execute format(
            'update public.%I t set %I = %s %s where t.school_id = $1 and t.id = any($2) and %s '
            'returning t.id',
            tab, col, format(named, col),
            case when shift <> 0 and tab = 'safety_plan' then ', number = t.number + $5'
                 else '' end,
            format(names, col))
          using {SCHOOL}, ids, came, goes, shift;
        end
        $$
        """
    )
    run_as(MERGER, MOVE)
