"""The client for TypeScript in a real browser, whose queue outlives a browser that is killed."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Role
from tests.browser import BROWSER, browsing, serving
from tests.clients.installed import Home
from tests.programs import check_presence
from tests.world import School, World

pytestmark = pytest.mark.machine_time

BEGIN = """
const { Cairn, IndexedDbStore } = await import('/dist/index.js');
const { updateChild, openChild, raiseConcern } = await import('/dist/generated/index.js');
const cairn = new Cairn({ baseUrl: '%(origin)s' });
cairn.adopt({ access_token: '%(token)s', expires_in: 900 });
const { client } = cairn;
const queue = cairn.queue(new IndexedDbStore(), new Uint8Array(32).fill(7));
const path = { child_id: '%(child)s' };
"""
REPORT = "{ children: [path], account: [{ text: 'He would not eat.' }] }"
KEEP = f"""
await queue.add(raiseConcern, {{ body: {REPORT} }}, '%(name)s');
return (await queue.entries()).length;
"""
SEND = f"""
const outcomes = await queue.flush();
await openChild({{ client, path }});
await updateChild({{ client, path, body: {{ year_group: '9' }} }});
const stop = new AbortController();
let told = '', raised = '';
const onReady = async () => {{
  raised = (await raiseConcern({{ client, body: {REPORT} }})).data.id;
}};
const kinds = ['concern.raised'];
for await (const one of cairn.events({{ kinds, signal: stop.signal, onReady }})) {{
  told = JSON.stringify(one.event);
  stop.abort();
}}
return [outcomes.map((one) => one.state), (await queue.entries()).length, told.includes(raised)];
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def pages(homes: dict[str, Home]) -> Iterator[str]:
    """Where the installed package is served, to a page of its own."""
    folder = homes["typescript"].folder / "node_modules/cairn-safeguarding-client"
    (folder / "index.html").write_text("<!doctype html><title>A front end</title>", "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class TestTheBrowser:
    async def test_keeps_what_was_queued_when_it_is_killed_and_sends_it_once(
        self, world: World, school: School, app_settings: Settings, pages: str, tmp_path: Path
    ) -> None:
        check_presence(BROWSER, "chromium", "CAIRN_REQUIRE_BROWSER")
        changed = {"cors_origins": (pages,), "events_stream_seconds": 3_600.0}
        settings = app_settings.model_copy(update={**changed, "events_poll_ms": 50})
        async with serving(lambda _: settings) as origin:
            said = {
                "origin": origin, "token": world.token_of(school[Role.DSL]),
                "child": str(await school.child()), "name": str(new_id()),
            }  # fmt: skip

            async def do(what: str) -> Any:
                async with browsing(tmp_path, f"{pages}/index.html") as page:
                    await page.arrive(f"{pages}/index.html")
                    script = f"(async () => {{ {BEGIN % said} {what % said} }})()"
                    return await page.run(f"{script}.then(JSON.stringify)")

            assert await do(KEEP) == 1  # and here the browser is killed
            (tmp_path / "DevToolsActivePort").unlink()
            assert await do(SEND) == [["sent"], 0, True]
        count = "select count(*) from concern where school_id = %s"
        assert world.sql(count, school.id)[0][0] == 2
