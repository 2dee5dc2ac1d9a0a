"""A calm voice that breathes with you: scripts in, a sample-accurate score out."""

__version__ = "0.1.0"
