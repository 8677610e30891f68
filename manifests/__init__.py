"""The app's manifests for the chat platforms, built by code and tested against it."""
