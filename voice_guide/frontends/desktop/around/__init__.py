"""What goes on around a session: sleep, calls, and other players."""
