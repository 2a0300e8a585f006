# awk -v scope=USER -v key=KEY -v node=NODE -f token.awk "$BATON_TOKEN_JSON"
#
# Prints the value that NODE put under KEY, and a line end; nothing when it put none. The file is
# {"scopes":{"USER":{"KEY":[{"nodeName":"NODE","value":"VALUE",…},…]},"SYSTEM":{…}},…}.
# A JSON reader small enough to read: it walks the text once and knows the path where it is. Text
# escaped as \uXXXX is printed for control characters and kept as it is otherwise.

{ text = NR == 1 ? $0 : text "\n" $0 }

END {
  size = length(text)
  place = 1
  read_value("")
}

# Reads the value at `place`; returns its text when it is a string.
function read_value(path,    first) {
  skip_space()
  first = substr(text, place, 1)
  if (first == "{") read_object(path)
  else if (first == "[") read_list(path)
  else if (first == "\"") return read_string()
  else while (place <= size && substr(text, place, 1) !~ /[],} \t\r\n]/) place++
  return ""
}

# An element of a list is an object with nodeName and value: exactly what is looked for.
function read_object(path,    name, got, entry_node, entry_value) {
  place++
  for (skip_space(); substr(text, place, 1) == "\""; skip_space()) {
    name = read_string()
    skip_space()
    place++
    got = read_value(path SUBSEP name)
    if (name == "nodeName") entry_node = got
    if (name == "value") entry_value = got
    skip_space()
    if (substr(text, place, 1) == ",") place++
  }
  place++
  if (path == SUBSEP "scopes" SUBSEP scope SUBSEP key && entry_node == node) print entry_value
}

function read_list(path) {
  place++
  for (skip_space(); place <= size && substr(text, place, 1) != "]"; skip_space()) {
    read_value(path)
    skip_space()
    if (substr(text, place, 1) == ",") place++
  }
  place++
}

function read_string(    result, letter, run) {
  result = ""
  place++
  while (place <= size) {
    letter = substr(text, place, 1)
    place++
    if (letter == "\"") return result
    if (letter != "\\") { result = result letter; continue }
    letter = substr(text, place, 1)
    place++
    if (letter == "n") result = result "\n"
    else if (letter == "t") result = result "\t"
    else if (letter == "r") result = result "\r"
    else if (letter == "b") result = result "\b"
    else if (letter == "f") result = result "\f"
    else if (letter == "u") {
      run = substr(text, place, 4)
      place += 4
      if (run ~ /^00[01]/) {
        letter = index("0123456789abcdef", tolower(substr(run, 4, 1))) - 1
        result = result sprintf("%c", 16 * substr(run, 3, 1) + letter)
      } else result = result "\\u" run
    } else result = result letter
  }
  return result
}

function skip_space() {
  while (place <= size && substr(text, place, 1) ~ /[ \t\r\n]/) place++
}
