"""The bytes of a referral, with its extract of the chronology."""
