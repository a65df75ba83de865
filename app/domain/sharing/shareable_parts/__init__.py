"""What of a child's record may be shared with somebody, asked before a share is drafted."""
