"""The ways in. Each turns what a person does into the one command vocabulary."""
