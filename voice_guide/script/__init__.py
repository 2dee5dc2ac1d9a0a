"""Text in, a script out. Pure: nothing here touches a file, a clock or a sound."""
