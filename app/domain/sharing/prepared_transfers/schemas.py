"""Why a transfer that was prepared ends."""
