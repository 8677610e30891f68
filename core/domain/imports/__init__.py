"""Policies of other tools for temporary access, translated into a policy book. What cannot be said the same is noted.

Nothing is widened silently: where a translation cannot be exact it is the narrower one, and a note says so.
"""
