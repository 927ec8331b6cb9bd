"""A build backend that knows a package's name and version and nothing else.

`pip download` runs a source package's build code only to learn these two. Answering here lets pip check the hash and keep
the archive, without fetching a build system and without running any code of the package.
"""

import os


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    del config_settings
    # pip calls this inside the unpacked archive, whose PKG-INFO has what is asked for.
    fields = {}
    with open("PKG-INFO", encoding="utf-8") as info:
        for line in info:
            name, separator, value = line.rstrip("\n").partition(": ")
            if not separator:
                break
            fields.setdefault(name, value)
    folder = f"{fields['Name'].replace('-', '_')}-{fields['Version']}.dist-info"
    os.makedirs(os.path.join(metadata_directory, folder))
    with open(os.path.join(metadata_directory, folder, "METADATA"), "w", encoding="utf-8") as metadata:
        metadata.write(f"Metadata-Version: 2.1\nName: {fields['Name']}\nVersion: {fields['Version']}\n")
    return folder
