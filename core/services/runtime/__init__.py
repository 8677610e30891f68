"""The runtime of background work: pools, leases, boundaries around rows, a replica's sign of life."""
