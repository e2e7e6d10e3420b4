"""The screens, a room each: page.py is the table of contents."""
