"""Every sentence a person reads: the same on every platform and on the command line."""
