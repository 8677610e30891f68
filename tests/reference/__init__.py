"""The reference in the documentation, from the code that it is about: `make reference` writes it."""
