"""Every router of the API: one file per noun, three to six lines per operation."""

from fastapi import APIRouter

from app.api.routes import alerts, around_children, auth, children, schools, staff, system

ROUTERS: tuple[APIRouter, ...] = (
    system.router,
    system.unlisted,
    alerts.router,
    around_children.router,
    auth.router,
    children.router,
    schools.router,
    staff.router,
)
