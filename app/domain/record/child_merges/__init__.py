"""Two files of one pupil: merged, and unmerged again."""
