"""Further commands for the operator; portal/cli.py gathers them."""
