"""The ports, spoken in the languages of databases, AWS, files and clocks."""
