"""What a desktop sees of the icon on D-Bus: StatusNotifierItem and com.canonical.dbusmenu."""
