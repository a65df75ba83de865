"""Groups of an identity provider, and the role that each stands for."""
