"""What people are told, in the bell and by mail."""
