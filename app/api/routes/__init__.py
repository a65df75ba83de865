"""Every router of the API: one file per noun, three to six lines per operation."""

from fastapi import APIRouter

from app.api.routes import auth, system

ROUTERS: tuple[APIRouter, ...] = (system.router, system.unlisted, auth.router)
