"""The ladder that alerts about missed due times climb until a person acknowledges."""
