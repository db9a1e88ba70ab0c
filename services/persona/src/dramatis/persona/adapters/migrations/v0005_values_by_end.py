"""What ends is found by when it does."""

from dramatis.runtime import migration_steps

revision = "0005"
down_revision = "0004"
compatible = True


def upgrade() -> None:
    """Makes the index."""
    migration_steps.index_partitioned("recipients_by_end", "recipients", "ends")
