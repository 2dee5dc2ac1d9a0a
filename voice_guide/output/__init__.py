"""Samples out: to ears through a sound device, or to a file."""
