"""The rules of access: frozen values and pure functions, standard library only."""
