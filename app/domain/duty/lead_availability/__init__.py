"""Whether somebody at school looks at what comes in now, and who to call if not."""
