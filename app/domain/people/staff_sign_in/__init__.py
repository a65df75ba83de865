"""An administrator's rights over a colleague's sign-in."""
