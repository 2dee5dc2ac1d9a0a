"""What goes on around a session: sleep, calls, other players, a key of its own."""
