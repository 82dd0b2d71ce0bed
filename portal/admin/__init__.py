"""For administrators: every programme, everybody, and the inbox of Mux's webhooks."""
