"""One companion a listener: who is first, and how a later start hands its command over.

`client` is what every `voice-guide toggle` imports, so nothing heavy may come in here.
"""
