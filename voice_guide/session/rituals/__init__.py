"""Rituals: sessions at fixed local times. What is due is a pure plan; a ticker asks for it."""
