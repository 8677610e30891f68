"""The access report as charts and as a page."""
