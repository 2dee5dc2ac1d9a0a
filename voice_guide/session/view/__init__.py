"""What there is to see of a score at its playhead, and how much of it was heard."""
