"""Rituals as people write and read them, for every front end."""
