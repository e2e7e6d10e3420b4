"""Sources that are fetched by themselves: a watched folder, a web service, a read-only database.

They differ only in how their files or rows come here; from there on all go the way of an import.
"""
