"""Searches for children: each is one entry of the trail, however many letters it was typed in."""
