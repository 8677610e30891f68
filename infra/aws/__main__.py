"""Prints a policy with the ids of an organization: ``python -m infra.aws grant --account 111122223333``."""

import argparse
import json
import sys

from infra.aws import EXAMPLE, PARTITIONS, names, policy


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.aws", description=__doc__)
    parser.add_argument("name", choices=names(), help="which role it is for")
    parser.add_argument("--partition", choices=PARTITIONS, default=PARTITIONS[0])
    for what, example in EXAMPLE.items():
        parser.add_argument(f"--{what}", metavar=example, help=f"instead of {example}")
    given = vars(parser.parse_args())
    ids = {what: given[what.replace("-", "_")] for what in EXAMPLE if given[what.replace("-", "_")]}
    json.dump(policy(given["name"], given["partition"], ids), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
