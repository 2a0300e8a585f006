# A batond of one's own, for scripts. Source it after packages.sh, do not run it.

server_pid=
server_address=

# Builds the release executables and puts `baton`, `batond` and `baton-shim` first in PATH.
build_release() {
  say "Building (release)"
  (cd "$repository" && swift build --configuration release)
  local binaries
  binaries=$(cd "$repository" && swift build --configuration release --show-bin-path)
  PATH=$binaries:$PATH
}

# Starts batond with the data directory $1/data on a free port and waits until it serves.
# Sets server_pid, server_address and, for the baton command, BATON_ADDRESS.
start_server() {
  local scratch=$1 line=
  mkfifo "$scratch/ready"
  batond --data "$scratch/data" --listen 127.0.0.1:0 \
    >"$scratch/ready" 2>"$scratch/batond.log" &
  server_pid=$!
  # Kept open: the server's standard output must have a reader while it lives.
  exec {server_output}<"$scratch/ready"
  if ! read -r -t 15 -u "$server_output" line || [[ $line != 'listening on '* ]]; then
    tail -n 20 "$scratch/batond.log" >&2
    fail "batond ended or did not begin to serve within 15 s"
  fi
  server_address=${line#listening on }
  export BATON_ADDRESS=$server_address
}

# Asks the server to drain and waits for its end: 10 s, then it is killed.
stop_server() {
  [[ -n $server_pid ]] || return 0
  local pid=$server_pid status=0
  server_pid=
  kill -TERM "$pid" 2>/dev/null || true
  timeout 10 tail --pid="$pid" --sleep-interval=0.1 -f /dev/null || kill -KILL "$pid" 2>/dev/null ||
    true
  wait "$pid" || status=$?
  exec {server_output}<&-
  return "$status"
}
