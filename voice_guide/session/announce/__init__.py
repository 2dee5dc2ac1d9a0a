"""What is heard when a ritual is due: a chime, and a sentence before one that begins by itself."""
