"""The only places that write SQL: one file per noun."""
