"""Computers in country offices, and who was invited."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "seat",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("participant_id", BIG_ID, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_order", sa.BigInteger(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_seat_participant_id_participant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
    )
    op.create_index("ix_seat_event_state", "seat", ["event", "state"], unique=False)
    op.create_index(op.f("ix_seat_participant_id"), "seat", ["participant_id"], unique=False)
    op.create_table(
        "guest",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("listed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest")),
        sa.UniqueConstraint("event", "address", name=op.f("uq_guest_event_address")),
    )
    op.create_index(op.f("ix_guest_event"), "guest", ["event"], unique=False)
    op.create_index(op.f("ix_guest_address"), "guest", ["address"], unique=False)
