"""A lead's questions to the reporter of a concern."""
