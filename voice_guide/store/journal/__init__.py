"""The journal: what was practised and what became of each ritual, in one SQLite file."""
