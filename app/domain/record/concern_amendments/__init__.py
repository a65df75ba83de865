"""Answers of an amendment besides its words."""
