"""Sounds that somebody recorded, made to serve as bells, beds and pacers."""
