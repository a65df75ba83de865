"""Signposts: numbers and services to turn to, each checked by somebody on a day; local packs."""
