"""What was told of self-harm in concerns, and its steps: parts of what a snapshot is built from."""

PATHWAYS = """
select h.id as concern_id, h.kind, h.kind_told, h.told, h.reported_immediacy, h.begun_by,
       h.begun_at, h.state, h.last_event_at, h.settled_at
from self_harm h where h.school_id = $1 and h.id = any($3::uuid[])
"""
PATHWAY_STEPS = """
select s.concern_id, s.verb, s.at, s.recorded_at, s.by_id, s.by_role, s.from_state, s.to_state,
       s.details
from self_harm_step s where s.school_id = $1 and s.concern_id = any($3::uuid[])
order by s.concern_id, s.recorded_at, s.id
"""
