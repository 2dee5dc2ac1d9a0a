"""What the library holds, for every front end: its entries, how they fare, and the path."""
