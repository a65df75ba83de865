"""Event streams: one hub a process that looks for news once and tells every open stream."""
