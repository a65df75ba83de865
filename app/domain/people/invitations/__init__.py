"""Invitations to a staff: joining it by consent."""
