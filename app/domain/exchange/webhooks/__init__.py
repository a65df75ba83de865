"""Webhooks: a school's events, sent to endpoints of other programs until they are taken."""
