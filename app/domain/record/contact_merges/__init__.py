"""Two contacts of a child who are one person: merged, and unmerged again."""
