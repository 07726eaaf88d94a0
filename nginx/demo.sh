#!/bin/bash
# A whole upload site on nginx, on this machine and loopback only: a real S3, Countersign, nginx with the two files
# beside this script, one upload with curl step by step, then a page with Fine Uploader until Ctrl-C.
#
#     nginx/demo.sh           everything
#     nginx/demo.sh --once    ends after the sample upload; the exit status tells
#
# Needs Debian 12 and Swift; installs from Debian what else is missing.

# shellcheck source=Tests/EndToEndTests/lib/demo.sh
. "$(dirname "${BASH_SOURCE[0]}")/../Tests/EndToEndTests/lib/demo.sh"

start_server() {
    local user=
    [ "$(id -u)" != 0 ] || user="user www-data;"
    # the two files of a real site, only the socket is elsewhere
    cp "$ROOT/nginx/countersign.conf" "$WORK/"
    sed "s,/run/countersign/countersign.sock,$WORK/socket," "$ROOT/nginx/countersign-upstream.conf" \
        >"$WORK/countersign-upstream.conf"
    cat >"$WORK/nginx.conf" <<CONF
daemon off;
$user
pid $WORK/nginx.pid;
worker_processes 1;
events { }
http {
    access_log $WORK/access.log;
    client_body_temp_path $WORK/temporary1;
    proxy_temp_path $WORK/temporary2;
    fastcgi_temp_path $WORK/temporary3;
    uwsgi_temp_path $WORK/temporary4;
    scgi_temp_path $WORK/temporary5;
    types { text/html html; text/javascript js; }

    include $WORK/countersign-upstream.conf;

    server {
        listen 127.0.0.1:$PORT;
        root $WORK/www;
        auth_basic "Uploads";
        auth_basic_user_file $WORK/users;

        location ^~ /upload/ {
            set \$countersign_user \$remote_user;
            include $WORK/countersign.conf;
        }
    }
}
CONF
    sed -n '/server {/,$p' "$WORK/nginx.conf" | show
    start nginx /usr/sbin/nginx -p "$WORK" -c "$WORK/nginx.conf" -e "$WORK/nginx-error.log"
}

run_demo nginx nginx-light -- "$@"
