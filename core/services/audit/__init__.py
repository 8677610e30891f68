"""The audit trail, exports, reports and session activity."""
