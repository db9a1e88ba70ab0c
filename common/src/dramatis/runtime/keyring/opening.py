"""The keyring of a process, as its settings say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from dramatis.runtime.common_settings import Common
from dramatis.runtime.database import open_database
from dramatis.runtime.keyring import key_file, root, root_copy
from dramatis.runtime.keyring.master import KeyManagement, MasterKeys
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.keyring.sql_vault import MIGRATIONS, SqlVault
from dramatis.runtime.scrub import scrubbing

NAME = "keys"


@asynccontextmanager
async def open_keyring(settings: Common) -> AsyncIterator[Keyring]:
    """Opens the keyring, makes it if missing. Any number of processes may have it open.

    Raises:
        Unavailable: database or master key cannot be used; the message says what to do.
    """
    management = await key_management(settings)
    home = replace(settings.database(NAME), readers=1)
    async with open_database(home, MIGRATIONS) as database, scrubbing(home) as deleted:
        vault = SqlVault(database, deleted)
        names, wrapped = await root.load(vault, management)
        root_copy.keep(settings.state_dir, wrapped)
        yield Keyring(names, vault, settings.key_cache)


async def kept_names(settings: Common) -> Names | None:
    """Names from the copy in the state folder; None before the keyring was opened here once.

    Raises:
        Unavailable: the master key does not open it.
    """
    wrapped = root_copy.load(settings.state_dir)
    if wrapped is None:
        return None
    secret, _ = await (await key_management(settings)).unwrap(wrapped)
    return Names(secret)


async def key_management(settings: Common) -> KeyManagement:
    """The master keys of the environment, or of the key file in the state folder.

    Raises:
        Unavailable: the file cannot be used.
    """
    if settings.master_key.keys:
        return MasterKeys(settings.master_key.keys, "DRAMATIS_MASTER_KEY")
    keys = await asyncio.to_thread(key_file.load_or_make, settings.state_dir)
    return MasterKeys(keys, str(settings.state_dir / key_file.FILE_NAME))
