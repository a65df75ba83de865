"""What another system kept about children: read, and taken up where it is still open."""
