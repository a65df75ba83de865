"""SQL for the statements of an account: whose words each is, as known by now."""


def kind_of_statement(alias: str) -> str:
    """Whose words a statement is: as it was told, or as the newest amendment says since.

    Without a sort, so that a page of a chronology is read in the order of its index.
    """
    return f"""case when {alias}.kind <> 'not_said' then {alias}.kind else coalesce((
      select (max(array[rfc3339(sa.recorded_at), sa.id::text, sa.statement_kind]))[3]
      from amendment sa
      where sa.school_id = $1 and sa.concern_id = {alias}.concern_id
        and sa.statement_id = {alias}.id and sa.statement_kind is not null), 'not_said') end"""
