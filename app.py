"""The door: the ASGI app. ``streamlit run app.py`` finds it.

The script is ``ui/main.py`` and not this file, because Streamlit serves every file of a
``pages`` folder beside its main script directly, without the frame, until the first session has
run ``st.navigation``: a cold start would show pages before anybody decided who looks.
"""

import streamlit as st

from ui.shell import addresses, document, door, line, loglines
from ui.shell.installation import running

loglines.begin()
addresses.begin()
line.begin()
door.know_own_name()
routes = [*door.ROUTES, *document.ROUTES]
middleware = [*door.MIDDLEWARE, *document.MIDDLEWARE]
app = st.App("ui/main.py", routes=routes, middleware=middleware, lifespan=running)
