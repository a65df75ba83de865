"""Ids that a statement makes by itself, for rows that are written without reading them."""

ACCOUNT_ID = """
overlay(overlay(gen_random_uuid()::text placing '01' from 1) placing '7' from 15)::uuid
"""
"""A UUIDv7 whose time is drawn at random, as `app.core.ids.new_account_id` makes it."""


NEW_ID = """
encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
  substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
  from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
"""
"""A UUIDv7 made by the database: the millisecond, then what a random UUID has."""
