"""The mark of a sandbox."""

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class Sandbox(Base):
    """Marks this database as a sandbox: one row, or none if its records are real."""

    __tablename__ = "sandbox"
    __changes__ = ("ahead_seconds", "schools")
    __made_by_owner__ = True

    one: Mapped[bool] = mapped_column(primary_key=True)
    ahead_seconds: Mapped[int] = mapped_column(BigInteger)
    schools: Mapped[int]

    __table_args__ = (
        CheckConstraint("one", name="one"),
        CheckConstraint("ahead_seconds >= 0", name="ahead"),
    )
