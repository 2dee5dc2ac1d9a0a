"""The icon on Windows and macOS: pystray's own back ends, mended."""
