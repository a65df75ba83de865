"""What is added to a concern beside its originals."""
