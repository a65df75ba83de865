"""Changes to facts about a child: the earlier values, and what was known then."""
