"""Rituals on the desktop: offered when they are due, and never begun without a yes."""
