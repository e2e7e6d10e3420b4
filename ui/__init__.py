"""The manners: ``shell`` stands around every screen, of ``kit`` screens are made."""
