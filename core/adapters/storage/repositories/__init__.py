"""The repositories, one module an aggregate. None of them commits."""
