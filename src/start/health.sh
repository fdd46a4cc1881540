#!/usr/bin/env bash
# Exits with 0 when this container's gateway answers 200 for a path: bash alone, in a few milliseconds.
# A Node that does nothing but ask takes a hundred times as long, and six of them ask all day.
exec 3<>"/dev/tcp/127.0.0.1/${PORT:-4567}" || exit 1
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "${1:-/livez}" >&3
IFS= read -r -d '' -t 2 answer <&3
printf '%s\n' "${answer##*$'\r\n'}"
# A gateway that speaks TLS alone says so in plaintext: it is alive, and bash knows no TLS.
[[ $answer == 'HTTP/1.1 200 '* || ($answer == *'This port speaks TLS'* && ${1:-/livez} == /livez) ]]
