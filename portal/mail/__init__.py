"""The outbox of mails and the ways out of it."""
