"""What tests of the pages for staff make first, and a browser without scripts in a few lines."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx

from app.core.ids import new_id
from app.core.words import Role
from app.jobs.runner import Adapters, adapters_of
from tests.jobs.working import a_worker, eventually
from tests.recipient_pages import OURS
from tests.signing_in import App
from tests.world import School, World

LINK = re.compile(r"https?://\S+#token=\S+")
NEW = "a long and quiet river"


async def post(
    world: World, path: str, headers: dict[str, str] | None = None, **fields: str
) -> httpx.Response:
    """Send a form as one of our own pages does."""
    return await world.http.post(path, data=fields, headers=OURS if headers is None else headers)


async def add(school: School) -> str:
    """Somebody new on the staff; their address."""
    email = f"new.{new_id().hex[-9:]}@example.org"
    body = {"name": "Jo Bell", "email": email, "roles": ["school_admin"]}
    answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
    assert answer.status_code == 201, answer.text
    return email


def letters_to(folder: Path, email: str) -> list[str]:
    """The texts of the messages in a folder to somebody, the oldest first."""
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
    return [str(one.get_content()) for one in found if one["To"] == email]


async def mailed_link(adapters: Adapters, folder: Path, email: str) -> str:
    """The link of the newest message to somebody, once a worker has sent what waits."""
    before = len(letters_to(folder, email))
    async with a_worker(adapters):
        await eventually(lambda: len(letters_to(folder, email)) > before)
    found = LINK.search(letters_to(folder, email)[-1])
    assert found is not None
    return found[0]


def mailing(world: World, folder: Path, **settings: Any) -> Adapters:
    """Adapters that mail into a folder; what other tests left to send is dropped first."""
    world.sql("delete from procrastinate_jobs where status in ('todo', 'doing')")
    url = {"mail_url": f"file://{folder}"}
    return adapters_of(world.runtime.settings.model_copy(update=url | settings))


def app_of(page: str) -> App:
    """The app that was told the secret on a page."""
    found = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', page)
    assert found is not None, page
    return App(found[1].replace(" ", ""))


def pass_in(page: str) -> str:
    """What a page's form carries from one step to the next."""
    found = re.search(r'name="pass" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]
