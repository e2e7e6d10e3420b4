"""The dossier database: models, migrations and connections."""

# So that the metadata is whole whichever of them is imported.
from connectors.database import access as access
from connectors.database import alerts as alerts
from connectors.database import attached as attached
from connectors.database import audit as audit
from connectors.database import closing as closing
from connectors.database import erased as erased
from connectors.database import history as history
from connectors.database import meetings as meetings
from connectors.database import models as models
from connectors.database import recorded as recorded
from connectors.database import registers as registers
from connectors.database import sending as sending
from connectors.database import unit_aliases as unit_aliases
