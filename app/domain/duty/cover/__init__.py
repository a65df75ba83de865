"""Cover while a person with a safeguarding role is away."""
