"""``python -m tests.reference``: write every generated part of the documents and every generated file anew."""

from tests.reference.api import OPENAPI, openapi
from tests.reference.parts import PARTS, refreshed
from tests.reference.slack_app import MANIFEST, manifest
from tests.reference.subcommands import COMPLETIONS, completions


def main() -> None:
    for document in sorted({part.document for part in PARTS}):
        document.write_text(refreshed(document), encoding="utf-8")
    MANIFEST.write_text(manifest(), encoding="utf-8")
    OPENAPI.write_text(openapi(), encoding="utf-8")
    COMPLETIONS.write_text(completions(), encoding="utf-8")


if __name__ == "__main__":
    main()
