"""Every router of the API: one file per noun, three to six lines per operation."""

from fastapi import APIRouter

from app.api.routes import (
    actions,
    agencies,
    alerts,
    around_children,
    attachments,
    auth,
    children,
    chronology,
    concerns,
    referrals,
    rosters,
    schools,
    shares,
    staff,
    system,
)

ROUTERS: tuple[APIRouter, ...] = (
    system.router,
    system.unlisted,
    attachments.router,
    concerns.router,
    chronology.router,
    actions.router,
    agencies.router,
    alerts.router,
    around_children.router,
    auth.router,
    children.router,
    referrals.router,
    rosters.router,
    schools.router,
    shares.router,
    staff.router,
)
