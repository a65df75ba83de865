"""Between schemas and the domain: bodies to wishes, rows to answers; one file per noun."""
