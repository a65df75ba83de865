"""Staff as a school's identity provider keeps them: users, groups, and the roles groups propose."""
