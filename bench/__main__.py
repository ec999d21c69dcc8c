"""Run the benchmarks named on the command line, or all of them."""

import importlib
import pkgutil
import sys

import bench


def main() -> None:
    known = [
        m.name for m in pkgutil.iter_modules(bench.__path__) if m.name != "__main__" and not m.ispkg
    ]
    wanted = sys.argv[1:] or known
    if unknown := [name for name in wanted if name not in known]:
        sys.exit(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(known)}.")
    for name in wanted:
        importlib.import_module(f"bench.{name}").main()


main()
