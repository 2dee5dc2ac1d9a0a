"""A session as it runs: prepared, played, paused, eased, ended."""
