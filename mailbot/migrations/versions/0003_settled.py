"""What a person settled, and which alert told of what."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("received", sa.Column("settled_at", MOMENT, nullable=True))
    op.add_column("received", sa.Column("settled_by", sa.Text(), server_default="", nullable=False))
    op.add_column("notice", sa.Column("alert", sa.Integer(), nullable=True))
    op.add_column("notice", sa.Column("settled_by", sa.Text(), server_default="", nullable=False))
