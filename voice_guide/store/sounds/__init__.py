"""The folders of sounds: what lies in them, and how a recording there is read."""
