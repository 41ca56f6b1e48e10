"""Right rigs of any kind, each wired, set and tuned as none before it: no false alarm, and no wrong number."""
