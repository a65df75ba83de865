"""Whether somebody at school looks at what comes in now, and whom to call if not."""
