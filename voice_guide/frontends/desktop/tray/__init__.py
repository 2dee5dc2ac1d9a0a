"""A tray icon with pystray's interface, from pip alone: on Linux without PyGObject and GTK.

Imports nothing of the program around it. `linux`, `native.windows` and `native.macos` have the
`Icon` of each system; `names` has pystray's `Menu` and `MenuItem`.
"""
