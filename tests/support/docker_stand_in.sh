#!/bin/sh
# Answers as Docker would to deploy.sh, from files in $STAND_IN: a container of web is a file in web/ that names its image,
# and its id is its address, too; those of the worker and the scheduler are in jobs/. $NUMBER is the call at which $FAULT happens.
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
    rm -f "web/$1" "jobs/$1"
}

case "$*" in
"compose ps --quiet --status running nginx") echo nginx ;;
"compose ps --format {{.Health}} postgres") echo healthy ;;
"compose ps "*" web worker scheduler") ls web jobs | sed '/:$/d; /^$/d' ;;
"compose ps "*" web") ls web ;;
"compose ps "*" worker") ls jobs | grep worker ;;
"compose ps "*" scheduler") ls jobs | grep scheduler ;;
"compose exec -T nginx sh -c "*children*) cat workers ;;
"compose exec -T nginx nginx -q -c "*" -s reload")
    servers=$(sed -n 's/^server \(.*\):8000.*/\1/p' "$PROJECT/deploy/nginx/upstream.conf" | sort -u)
    [ "$servers" ] || exit 1
    for server in $servers; do
        if [ "$server" = web ]; then ls web; else echo "$server"; fi
    done >asked
    echo "$number" >workers
    ;;
"compose config scheduler") echo services: ;;
"compose config "*) printf 'services:\n  %s:\n    scale: 1\n' "$3" ;;
"compose build web") echo next >tags/latest ;;
"compose up "*"--scale web=2 --scale worker=2 --scale scheduler=2 web worker scheduler")
    for each in web/newer jobs/newer-worker jobs/newer-scheduler; do cp tags/latest "$each"; done
    ;;
"image inspect "*) cat tags/latest ;;
"inspect --format {{.Image}} "*) cat "web/$4" ;;
"inspect --format {{.RestartCount}} {{.State.Health.Status}} "*) echo "${HEALTH:-0 healthy}" ;;
"inspect "*) echo "$4" ;;
"tag "*:*:*) exit 1 ;;
"tag deploy:"*) cp "tags/${2#deploy:}" "tags/${3#deploy:}" ;;
"tag "*) echo "$2" >"tags/${3#deploy:}" ;;
"stop "*)
    shift
    for each; do leaves "$each"; done
    ;;
esac
