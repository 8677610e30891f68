"""How work is worked off: pools, leases, boundaries around rows, a replica's sign of life."""
