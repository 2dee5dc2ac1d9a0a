"""What the program must show, measured: `python -m benchmarks` prints one table."""
