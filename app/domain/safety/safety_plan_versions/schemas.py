"""Why a version of a plan ends."""
