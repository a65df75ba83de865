"""Check-ins ahead: made from plans, and looked after as time passes."""
