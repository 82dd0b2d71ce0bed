"""Accounts and who may use them: passwords, registration, invitations, memberships, sessions, tokens."""
