"""Who stands in while somebody with a safeguarding role is away."""
