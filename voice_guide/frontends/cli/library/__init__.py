"""Scripts to choose from, to find, and to begin."""
