"""Why a sharing exception is agreed, or ends."""
