"""The columnar copy of the dossier database that figures are computed on (docs/adr/0001).

Disposable: deleting the folder loses nothing but the time to build it again.
"""

from connectors.snapshot.manifest import Manifest, Part, narrowed, read_manifest, registers_of
from connectors.snapshot.update import Progress, forget_former, rebuild, refresh, refresh_registers

__all__ = [
    "Manifest",
    "Part",
    "Progress",
    "forget_former",
    "narrowed",
    "read_manifest",
    "rebuild",
    "refresh",
    "refresh_registers",
    "registers_of",
]
