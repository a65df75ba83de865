"""The sandbox: this very server, for developers, with invented schools and a clock that moves."""
