"""Check-ins ahead: made from plans, and kept up as time passes."""
