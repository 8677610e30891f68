"""What is asked of the core, what is answered, what comes next: a module a capability, the same on every platform."""
