"""A script and its clips in, a score out; a score and a span in, samples out. Pure."""
