"""What people do with their access, as CloudTrail records it, and the four services that can be asked about it."""
