"""The companion: what waits in the tray and in the media keys."""
