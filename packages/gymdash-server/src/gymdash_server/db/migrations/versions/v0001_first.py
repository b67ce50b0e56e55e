"""The first version of the index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "groups",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_groups_created", "groups", ["created"], unique=False)
    op.create_table(
        "simulations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("started", sa.String(length=32), nullable=True),
        sa.Column("ended", sa.String(length=32), nullable=True),
        sa.Column("kwargs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("executor", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("progress", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=True),
        sa.Column("parent", sa.String(length=36), nullable=True),
        sa.Column("last_status", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("trashed", sa.String(length=32), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("offsets", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("told_started", sa.Integer(), nullable=False),
        sa.Column("told_finished", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_simulations_created", "simulations", ["created"], unique=False)
    op.create_index("ix_simulations_group_id", "simulations", ["group_id"], unique=False)
    op.create_index("ix_simulations_key", "simulations", ["key"], unique=False)
    op.create_index("ix_simulations_name", "simulations", ["name"], unique=False)
    op.create_index("ix_simulations_parent", "simulations", ["parent"], unique=False)
    op.create_index("ix_simulations_state", "simulations", ["state"], unique=False)
    op.create_index("ix_simulations_trashed", "simulations", ["trashed"], unique=False)
    op.create_table(
        "control_requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("simulation_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("subkeys", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answer_schema", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("media", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answered", sa.String(length=32), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["simulation_id"], ["simulations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_control_requests_created", "control_requests", ["created"], unique=False)
    op.create_index("ix_control_requests_simulation_id", "control_requests", ["simulation_id"], unique=False)
    op.create_index("ix_control_requests_state", "control_requests", ["state"], unique=False)
    op.create_table(
        "interventions",
        sa.Column("simulation_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("acknowledged", sa.String(length=32), nullable=True),
        sa.Column("acknowledged_step", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["simulation_id"], ["simulations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("simulation_id", "id"),
    )
    op.create_index("ix_interventions_time", "interventions", ["time"], unique=False)
    op.create_table(
        "statuses",
        sa.Column("simulation_id", sa.String(length=36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("subcode", sa.Integer(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("error_trace", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["simulation_id"], ["simulations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("simulation_id", "place"),
    )
    op.create_table(
        "tags",
        sa.Column("simulation_id", sa.String(length=36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["simulation_id"], ["simulations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("simulation_id", "place"),
    )
    op.create_index("ix_tags_tag", "tags", ["tag"], unique=False)


def downgrade() -> None:
    """Drop all tables."""
    op.drop_index("ix_tags_tag", table_name="tags")
    op.drop_table("tags")
    op.drop_table("statuses")
    op.drop_index("ix_interventions_time", table_name="interventions")
    op.drop_table("interventions")
    op.drop_index("ix_control_requests_state", table_name="control_requests")
    op.drop_index("ix_control_requests_simulation_id", table_name="control_requests")
    op.drop_index("ix_control_requests_created", table_name="control_requests")
    op.drop_table("control_requests")
    op.drop_index("ix_simulations_trashed", table_name="simulations")
    op.drop_index("ix_simulations_state", table_name="simulations")
    op.drop_index("ix_simulations_parent", table_name="simulations")
    op.drop_index("ix_simulations_name", table_name="simulations")
    op.drop_index("ix_simulations_key", table_name="simulations")
    op.drop_index("ix_simulations_group_id", table_name="simulations")
    op.drop_index("ix_simulations_created", table_name="simulations")
    op.drop_table("simulations")
    op.drop_index("ix_groups_created", table_name="groups")
    op.drop_table("groups")
