"""What an administrator may do about a colleague's sign-in."""
