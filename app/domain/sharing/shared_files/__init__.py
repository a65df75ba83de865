"""Files that go with a share or a referral."""
