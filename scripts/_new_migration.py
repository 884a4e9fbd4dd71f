"""Write the next migration of a schema, and print where it is.

Change the tables in registry/storage/schema first. The command upgrades an empty database by the migrations there are,
compares it with the tables and writes the difference as the new migration. Read it, and add what happens to the rows.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from alembic import command
from alembic.script import ScriptDirectory

from registry.storage import Database, Durability, migrate

SCHEMAS: Final = (migrate.REGISTRY, migrate.CHECKS)
_TITLE: Final = re.compile(r"[A-Za-z][^\n\"\\]*[^\n\"\\.]")


def new_migration(schema: str, title: str, folder: Path) -> Path:
    """Write the migration that follows the newest one of a schema.

    Args:
        schema: `registry` or `checks`.
        title: what the migration does, as a sentence without its full stop; the file is named by it.
        folder: the folder of Alembic's environment and template, with `versions` in it.
    """
    config = migrate.configuration(schema, folder)
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    newest = ScriptDirectory.from_config(config).get_current_head()
    number = f"{int(newest or 0) + 1:04}"
    with tempfile.TemporaryDirectory() as empty:
        database = Database.sqlite(Path(empty) / f"{schema}.sqlite", Durability.PROCESS)
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            command.revision(config, title, autogenerate=True, rev_id=number)
        database.close()
    (path,) = (folder / "versions" / schema).glob(f"{number}_*.py")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)
    return path


def main() -> str | None:
    """Read the arguments and write the migration."""
    parser = argparse.ArgumentParser(
        prog="new_migration", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("schema", choices=SCHEMAS, help="the schema that changes")
    parser.add_argument("title", help="what the migration does, as a sentence without its full stop")
    parser.add_argument("--folder", type=Path, default=migrate.FOLDER, help="another folder of migrations")
    arguments = parser.parse_args()
    if _TITLE.fullmatch(arguments.title) is None:
        return "new_migration: the title is one line that starts with a letter and has no full stop"
    title = arguments.title[0].upper() + arguments.title[1:]
    path = new_migration(arguments.schema, title, arguments.folder)
    print(os.path.relpath(path))
    return None


if __name__ == "__main__":
    sys.exit(main())
