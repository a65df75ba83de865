"""SQL for new ids, for rows that a statement adds without sending them back."""

ACCOUNT_ID = """
overlay(overlay(gen_random_uuid()::text placing '01' from 1) placing '7' from 15)::uuid
"""
"""A UUIDv7 with a random time, as `app.core.ids.new_account_id` makes it."""


NEW_ID = """
encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
  substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
  from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
"""
"""A UUIDv7 made by the database: the millisecond, then random bits."""
