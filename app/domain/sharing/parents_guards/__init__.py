"""What has to be there before home is told: advice, a reason, a second person, or time."""
