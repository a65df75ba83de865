"""Self-harm disclosures in concerns, and their pathway steps: parts of a snapshot.

For one child: that pupil's state, and the steps about them or about the whole report. Steps about
another pupil of the same report are left out.
"""


def is_about(child: str) -> str:
    """SQL: step `s` of a pathway is about the child at this place in the statement.

    A step about the whole report is about each of its children. So is one about an unmatched pupil,
    if it turned out to be this child.
    """
    return f"""(s.child_ids is null or s.child_ids = '{{}}' or {child} = any(s.child_ids)
       or array_position(s.child_ids, null) is not null
          and exists (select from concern_event e
                      where e.school_id = $1 and e.concern_id = s.concern_id
                        and e.verb = 'matched' and e.details -> 'children' ? {child}::text))"""


PATHWAYS = """
select h.id as concern_id, h.kind, h.kind_told, h.told, h.reported_immediacy, h.begun_by,
       h.begun_at, coalesce(h.pupils ->> $2::uuid::text, h.state) as state, h.last_event_at,
       h.settled_at
from self_harm h where h.school_id = $1 and h.id = any($3::uuid[])
"""
PATHWAY_STEPS = f"""
select s.concern_id, s.verb, s.at, s.recorded_at, s.by_id, s.by_role, s.from_state, s.to_state,
       s.details
from self_harm_step s
where s.school_id = $1 and s.concern_id = any($3::uuid[]) and {is_about("$2::uuid")}
order by s.concern_id, s.recorded_at, s.id
"""
