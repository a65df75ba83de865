"""Takes the older keys of a vault away, as whoever keeps its folder may once all is resealed."""

from app.integrations.vault import Vault


def retire(vault: Vault) -> int:
    """Destroy every key but the newest; how many."""
    old = vault._files()[:-1]
    for path in old:
        path.unlink()
    vault._read()
    return len(old)
