"""Parts of a child's record that may be shared with someone, found before drafting a share."""
