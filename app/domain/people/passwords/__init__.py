"""Passwords, and the mailed links that set one."""
