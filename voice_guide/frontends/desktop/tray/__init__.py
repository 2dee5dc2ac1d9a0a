"""A tray icon with pystray's interface, from pip alone: on Linux without PyGObject and GTK.

Imports nothing of the program around it. `linux` has the `Icon`; `names` has pystray's `Menu` and
`MenuItem`.
"""
