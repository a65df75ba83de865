"""The shapes of the contract: one file per noun (`In`, `Patch`, `Out`, `Card`)."""
