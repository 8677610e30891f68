"""What people read, and what their forms offer."""
