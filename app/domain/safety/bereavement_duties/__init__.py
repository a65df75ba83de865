"""What has to be done after a death."""
