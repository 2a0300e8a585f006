"""Generates code from Baton's contract; run by Scripts/generate.

    main.py strip CONTRACT STRIPPED NAMES   the descriptor set for protoc-c and its file names
    main.py swift CONTRACT INCLUDE SWIFT    the C headers and the Swift files

CONTRACT is a descriptor set with imports and source info.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cheaders import write_headers
from contract import ContractError, load
from strip import strip
from swiftfiles import write_swift


def main(arguments: list[str]) -> int:
    """Runs one of the two commands."""
    if len(arguments) != 4 or arguments[0] not in ("strip", "swift"):
        print(__doc__, file=sys.stderr)
        return 2
    first, second, third = (Path(argument) for argument in arguments[1:])
    try:
        if arguments[0] == "strip":
            strip(first, second, third)
        else:
            contract = load(first)
            write_headers(contract, second)
            write_swift(contract, third)
    except ContractError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
