"""What is kept on this machine: scripts, sounds, settings, and where they lie."""
