"""The only rooms that touch the outside: database, incoming files, snapshot, engine."""
