"""The web APIs of chat platforms, in what is alike: the shape of what arrives, calls that fail, files that are sent."""
