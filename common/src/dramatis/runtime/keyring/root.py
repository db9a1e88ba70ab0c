"""The root secret: made once, wrapped by the master key, wrapped anew when that is replaced."""

from dramatis.runtime.keyring.cipher import new_key
from dramatis.runtime.keyring.master import KeyManagement
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.vault import Vault


async def load(vault: Vault, management: KeyManagement) -> tuple[Names, bytes]:
    """What derives from the vault's root secret, and the secret as it is stored, wrapped.

    Raises:
        Unavailable: the vault or the master key cannot be used; the message says what to do.
    """
    wrapped = await vault.root(await management.wrap(new_key()))
    root, newest = await management.unwrap(wrapped)
    if not newest:
        before, wrapped = wrapped, await management.wrap(root)
        await vault.replace_root(before, wrapped)
    return Names(root), wrapped
