"""The columnar copy of the dossier database that figures are computed on (docs/adr/0001).

Disposable: deleting the folder loses nothing but the time to build it again.
"""

from connectors.snapshot.manifest import Manifest, Part, read_manifest
from connectors.snapshot.update import Progress, rebuild, refresh

__all__ = ["Manifest", "Part", "Progress", "read_manifest", "rebuild", "refresh"]
