"""The JSON API: the same under /programme and /api/programme, /auth/token and /api/auth/token."""
