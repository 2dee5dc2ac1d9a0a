"""The two small grammars of a script: its header, and directions in brackets."""
