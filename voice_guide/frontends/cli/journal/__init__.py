"""Commands about what was practised: to read it, to rate it, to take it along, to forget it."""
