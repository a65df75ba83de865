"""Support services: numbers and services that someone has checked; authority contacts."""
