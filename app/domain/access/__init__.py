"""Rights: who may do what, and how people prove who they are."""
