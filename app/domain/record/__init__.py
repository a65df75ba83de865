"""The child's record, and what people noticed."""
