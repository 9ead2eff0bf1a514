#!/bin/sh
# Answers as Docker would to deploy.sh, from files in $STAND_IN: a container of web is a file in web/ that names its image,
# and its id is its address, too. $NUMBER is the call at which $FAULT happens.
cd "$STAND_IN" || exit
echo "$*" >>calls
number=$(wc -l <calls)
[ "$FAULT" = gone ] && [ "$number" -ge "$NUMBER" ] && exit 1
if [ "$number" -eq "$NUMBER" ]; then
    case $FAULT in
    HUP) kill -HUP "$(cat pid)" ;;
    INT) kill -INT "$(cat pid)" && exit 130 ;; # a terminal tells both
    fails) exit 1 ;;
    esac
fi

leaves() {
    grep -qx "$1" asked && echo "$1 goes while Nginx asks it" >>lost
    rm -f "web/$1"
}

case "$*" in
"compose ps --quiet --status running nginx") echo nginx ;;
"compose ps --format {{.Health}} postgres") echo healthy ;;
"compose ps "*" web") ls web ;;
"compose exec -T nginx cat /proc/1/task/1/children") cat workers ;;
"compose exec -T nginx nginx -q -c "*" -s reload")
    servers=$(sed -n 's/^server \(.*\):8000.*/\1/p' "$PROJECT/deploy/nginx/upstream.conf" | sort -u)
    [ "$servers" ] || exit 1
    for server in $servers; do
        if [ "$server" = web ]; then ls web; else echo "$server"; fi
    done >asked
    echo "$number" >workers
    ;;
"compose config web") printf 'services:\n  web:\n    scale: 1\n' ;;
"compose build web") echo next >tags/latest ;;
"compose up "*"--scale web=2 web") cp tags/latest web/newer ;;
"compose up "*" worker scheduler") cp tags/latest workers-image ;;
"image inspect "*) cat tags/latest ;;
"inspect --format {{.Image}} "*) cat "web/$4" ;;
"inspect "*) echo "$4" ;;
"tag "*:*:*) exit 1 ;;
"tag deploy:"*) cp "tags/${2#deploy:}" "tags/${3#deploy:}" ;;
"tag "*) echo "$2" >"tags/${3#deploy:}" ;;
"stop "*) leaves "$2" ;;
"rm --force "*) leaves "$3" ;;
esac
