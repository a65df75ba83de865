"""SQL for the statements of an account: whose words each is, as known by now."""


def kind_of_statement(alias: str) -> str:
    """Whose words a statement is: as it was told, or as an amendment has said since."""
    return f"""case when {alias}.kind <> 'not_said' then {alias}.kind else coalesce((
      select sa.statement_kind from amendment sa
      where sa.school_id = $1 and sa.concern_id = {alias}.concern_id
        and sa.statement_id = {alias}.id and sa.statement_kind is not null
      order by sa.recorded_at desc, sa.id desc limit 1), 'not_said') end"""
