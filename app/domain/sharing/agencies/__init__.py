"""The agencies a school refers to and shares with."""
