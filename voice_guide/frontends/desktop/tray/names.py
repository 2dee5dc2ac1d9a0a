"""pystray's own names, without the backend that it would choose and start on import."""

from __future__ import annotations

import os

# `import pystray` opens a display or loads GTK at once, and raises where there is neither. The
# dummy backend imports anywhere; the variable is put back, so that no child process inherits it.
_chosen = os.environ.get("PYSTRAY_BACKEND")
os.environ["PYSTRAY_BACKEND"] = "dummy"
try:
    from pystray import Menu, MenuItem
    from pystray._base import Icon as Base
finally:
    if _chosen is None:
        del os.environ["PYSTRAY_BACKEND"]
    else:
        os.environ["PYSTRAY_BACKEND"] = _chosen

__all__ = ["Base", "Menu", "MenuItem"]
