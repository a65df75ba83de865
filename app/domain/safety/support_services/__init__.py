"""Support services: numbers and services that somebody has checked; authority contacts."""
