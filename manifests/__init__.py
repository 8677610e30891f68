"""What a chat platform is told about the app, built by code and tested against it."""
