"""Rituals in a terminal."""
