"""An utterance in, a clip out. Engines live in child processes; clips are kept on disk."""
