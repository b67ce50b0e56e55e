"""How long the attempts of a run took in all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the next server reads the files of runs that have one attempt or more anew, and fills it."""
    op.add_column("simulations", sa.Column("ran_s", sa.Float(), nullable=False, server_default="0"))
    op.execute("UPDATE simulations SET fingerprint = '' WHERE attempt > 0")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("simulations", "ran_s")
