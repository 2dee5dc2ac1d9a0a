"""A tray icon for Linux with pystray's interface, from pip alone: no PyGObject, no GTK.

Imports nothing of the program around it. `choose.choose()` says which backend fits the desktop,
`choose.icon_class()` gives its `Icon`; `names` has pystray's `Menu` and `MenuItem`.
"""
