"""Appends one member of a zip file to another file: join-members.py ARCHIVE MEMBER OUT. Called by models.sh."""

import shutil
import sys
import zipfile

archive, member, out = sys.argv[1:]
try:
    with zipfile.ZipFile(archive) as zipped, zipped.open(member) as source, open(out, "ab") as target:
        shutil.copyfileobj(source, target, 1 << 20)
except (OSError, KeyError, zipfile.BadZipFile) as error:
    sys.exit(f"{archive.rsplit('/', 1)[-1]}: {error}")
