"""What a trust is shown of linked concerns."""
