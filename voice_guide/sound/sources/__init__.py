"""What sounds come from: files of patches, and recordings made to serve as bells and beds."""
