"""Keys of recipients: what is sealed with one is gone when the key is.

master key    environment, file or key management; wraps the root secret and nothing else
root secret   one per installation; pseudonyms and wrapping keys of each tenant derive from it
data keys     one per recipient, wrapped; deleting one erases what it has sealed, everywhere
ledger        who was erased and when, by pseudonym; nobody in it ever gets a key again
"""
