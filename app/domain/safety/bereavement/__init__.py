"""The time after a death: two people, a team, everybody who may be affected, and hard days."""
