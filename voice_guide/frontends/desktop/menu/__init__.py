"""The menu of the tray icon: what there is to hear, and what it is to sound like."""
