#!/bin/bash
# A whole upload site on Apache, on this machine and loopback only: a real S3, Countersign, Apache with mod_proxy_fcgi
# and the file beside this script, one upload with curl step by step, then a page with Fine Uploader until Ctrl-C.
#
#     apache/demo.sh           everything
#     apache/demo.sh --once    ends after the sample upload; the exit status tells
#
# Needs Debian 12 and Swift; installs from Debian what else is missing.

# shellcheck source=Tests/EndToEndTests/lib/demo.sh
. "$(dirname "${BASH_SOURCE[0]}")/../Tests/EndToEndTests/lib/demo.sh"

start_server() {
    local user='' module
    [ "$(id -u)" != 0 ] || user=$'User www-data\nGroup www-data'
    {
        cat <<CONF
ServerRoot $WORK
ServerName 127.0.0.1
PidFile $WORK/apache.pid
ErrorLog $WORK/apache-error.log
Mutex file:$WORK default
$user
CONF
        for module in mpm_event authn_core authn_file authz_core authz_user auth_basic alias dir mime headers env \
            proxy proxy_fcgi; do
            echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
        done
        cat <<CONF
TypesConfig /etc/mime.types
DirectoryIndex index.html
Listen 127.0.0.1:$PORT
Define COUNTERSIGN_SOCKET $WORK/socket
<VirtualHost 127.0.0.1:$PORT>
    DocumentRoot $WORK/www
    <Location "/">
        AuthType Basic
        AuthName "Uploads"
        AuthUserFile $WORK/users
        Require valid-user
    </Location>
    Include $ROOT/apache/countersign-proxy_fcgi.conf
</VirtualHost>
CONF
    } >"$WORK/apache.conf"
    sed -n '/^Define/,$p' "$WORK/apache.conf" | show
    start apache /usr/sbin/apache2 -d "$WORK" -f "$WORK/apache.conf" -DFOREGROUND
}

run_demo Apache apache2 -- "$@"
