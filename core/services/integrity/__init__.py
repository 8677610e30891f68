"""Whether database, archive and AWS still agree, and what is done when they don't."""
