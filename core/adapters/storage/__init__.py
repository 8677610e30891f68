"""The storage ports, spoken in SQL: SQLite for one process, PostgreSQL for many.

Remembers, and decides nothing. Rows, statements and errors of the database stay in this package; what
leaves it are the frozen values of ``core.domain`` and its errors.
"""
