"""Mail that came back, what organisers should know, and what tells who wrote a message."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("received", sa.Column("from_address", sa.Text(), server_default="", nullable=False))
    op.add_column("received", sa.Column("addresses", sa.Text(), server_default="", nullable=False))
    op.add_column("received", sa.Column("text_digest", sa.String(length=32), server_default="", nullable=False))
    op.create_table(
        "returned",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_id", BIG_ID, nullable=True),
        sa.Column("outbox_id", BIG_ID, nullable=True),
        sa.Column("void_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["received_id"], ["received.id"], name=op.f("fk_returned_received_id_received"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_returned_outbox_id_outbox"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned")),
    )
    op.create_index(op.f("ix_returned_address"), "returned", ["address"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("event", sa.String(length=255), nullable=True),
        sa.Column("participant_id", BIG_ID, nullable=True),
        sa.Column("received_id", BIG_ID, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_notice_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["received_id"], ["received.id"], name=op.f("fk_notice_received_id_received"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    op.create_index(op.f("ix_notice_participant_id"), "notice", ["participant_id"], unique=False)
