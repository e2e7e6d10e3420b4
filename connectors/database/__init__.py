"""The dossier database: models, migrations and connections."""
