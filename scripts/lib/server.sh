# shellcheck shell=bash
# Starting and stopping a server of our own; to be sourced after common.sh.
# Sets SERVER_PID and SOCKET.

SERVER_PID=
SOCKET=
SOCKET_DIR=

# A Unix socket's path may have 107 bytes; a deep checkout gets one elsewhere.
choose_socket() {
  SOCKET=$1/klantbeeld.sock
  if [ "$(printf %s "$SOCKET" | wc -c)" -gt 100 ]; then
    SOCKET_DIR=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/klantbeeld-XXXXXX")
    SOCKET=$SOCKET_DIR/klantbeeld.sock
  fi
}

# start_server DIR: the store and keys in DIR, made when absent; returns when it answers.
start_server() {
  local dir=$1 log=$1/server.log
  choose_socket "$dir"
  if [ ! -e "$dir/store" ]; then
    "$SERVER" init --data "$dir/store" --keys "$dir/keys" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
  fi
  "$SERVER" --data "$dir/store" --keys "$dir/keys" --socket "$SOCKET" >>"$log" 2>&1 &
  SERVER_PID=$!
  export KLANTBEELD_SERVER=unix:$SOCKET
  local answer
  until answer=$("$CLIENT" status -o json 2>&1); do
    if ! kill -0 "$SERVER_PID" 2>/dev/null; then
      say "The server stopped while starting. The end of $log:"
      tail -n 5 "$log" >&2
      return 1
    fi
    [ $((SECONDS - ${STARTED_AT:=$SECONDS})) -lt 60 ] || { say "The server does not answer: $answer"; return 1; }
    sleep 0.05
  done
}

# Lets the server drain and waits for it; by its own pid only.
stop_server() {
  if [ -n "$SERVER_PID" ]; then
    kill -TERM "$SERVER_PID" 2>/dev/null || true
    wait "$SERVER_PID" 2>/dev/null || true
    SERVER_PID=
  fi
  [ -z "$SOCKET_DIR" ] || rm -rf "$SOCKET_DIR"
  SOCKET_DIR=
  STARTED_AT=
}
