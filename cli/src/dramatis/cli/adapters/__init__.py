"""The five services, as the command reaches them."""
