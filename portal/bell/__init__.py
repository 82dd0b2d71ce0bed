"""The bell: what a person has been told, and whether they are told by mail, too."""
