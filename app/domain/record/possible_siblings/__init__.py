"""Children who may be brothers, sisters or of one household: proposed, and said by a person."""
