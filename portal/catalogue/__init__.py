"""What viewers see: the catalogue and the page on which a programme is watched."""
