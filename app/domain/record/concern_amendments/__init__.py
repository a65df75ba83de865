"""What an amendment says beside its words."""
