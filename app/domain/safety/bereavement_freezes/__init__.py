"""Work that a confirmed death ends or pauses, and that resumes after a mistake."""
