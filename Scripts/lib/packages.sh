# Shell functions that the scripts share. Source it, do not run it.

# Where the repository is, whatever the working directory.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

# What building Baton takes, and what writing the generated code takes on top.
build_packages=(libprotobuf-c-dev libsqlite3-dev pkg-config)
generator_packages=(protobuf-c-compiler protobuf-compiler python3 python3-protobuf)

# Prints a heading for what comes next; bold on a terminal unless NO_COLOR is set.
say() {
  if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    printf '\n\033[1m%s\033[0m\n' "$*"
  else
    printf '\n== %s\n' "$*"
  fi
}

# Prints an error and ends the script.
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Whether a Debian package is installed.
has_package() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Runs a command as root: directly or through sudo, which asks for a password only on a terminal.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif ! command -v sudo >/dev/null; then
    fail "there is no sudo here; as root run: $*"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo --non-interactive "$@"
  fi
}

# Installs those of the named Debian packages that are missing.
need_packages() {
  local package missing=()
  if ! command -v apt-get >/dev/null; then
    printf 'note: no apt-get here; these must be installed already: %s\n' "$*" >&2
    return
  fi
  for package in "$@"; do
    has_package "$package" || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  say "Installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update --quiet=2
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}"
}

# Ends the script unless a Swift toolchain of 6.3 or later is in PATH.
need_swift() {
  local version
  command -v swift >/dev/null || fail "there is no swift in PATH: https://www.swift.org/install"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  if [[ $(printf '%s\n' 6.3 "$version" | sort --version-sort | head -n 1) != 6.3 ]]; then
    fail "Swift 6.3 or later is needed, this is ${version:-of an unknown version}"
  fi
}
