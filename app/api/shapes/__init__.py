"""Between schemas and the domain: bodies to commands, rows to answers; one file per noun."""
