"""The life of a programme and of its attempts to get a video: the only place where either changes state.

awaiting_upload -> processing -> ready, or errored: tables.py has the tables, docs/life-of-a-programme.md the
picture. Nothing here commits, speaks HTTP or calls Mux. Whoever calls holds the programme's row lock
(portal.access, portal.inbox).
"""
