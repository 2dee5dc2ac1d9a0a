"""A session that is being heard: keys in, a picture or plain lines out."""
