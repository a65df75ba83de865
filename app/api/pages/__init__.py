"""The pages of recipients: plain HTML where somebody opens what was shared or referred."""
