#!/bin/sh
# Run once by the image of PostgreSQL, when its folder is new: the app's own role and database, so that
# the app is no superuser.
set -e
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=passphrase="$(cat /run/secrets/database-app)" <<'END'
CREATE ROLE dung_han LOGIN PASSWORD :'passphrase';
CREATE DATABASE dung_han OWNER dung_han ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
END
