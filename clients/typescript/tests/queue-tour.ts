// What becomes of queued writes. tests/clients/test_queues.py runs it.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { Cairn, NoAnswer, newId } from 'cairn-safeguarding-client';
import { updateChild, openChild, raiseConcern } from 'cairn-safeguarding-client/api';
import { FolderStore } from 'cairn-safeguarding-client/node';

const { CAIRN_URL = '', TOKEN = '', OTHER = '', CHILD = '', FOLDER = '' } = process.env;
const as = (token: string) => {
  const cairn = new Cairn({ baseUrl: CAIRN_URL, retries: { pause: 20 } });
  cairn.adopt({ access_token: token, expires_in: 900 });
  return cairn;
};
const [cairn, colleague, teacher] = [as(TOKEN), as(TOKEN), as(OTHER)];
const store = new FolderStore(FOLDER);
const queue = cairn.queue(store, new Uint8Array(32).fill(7));
const path = { child_id: CHILD };
const opened = async (who: Cairn) => (await openChild({ client: who.client, path })).data;
const states = async () => (await queue.flush()).map((one) => one.state);

// Two changes of one version: the second one goes over what the first one made.
await opened(cairn);
await queue.add(updateChild, { path, body: { year_group: '8' } });
await queue.add(updateChild, { path, body: { year_group: '9' } });
for (const file of await readdir(FOLDER)) {
  const kept = await readFile(`${FOLDER}/${file}`, 'latin1');
  assert.ok(!kept.includes('year_group') && !kept.includes(CHILD));
}
assert.deepEqual(await states(), ['sent', 'sent']);
assert.equal((await opened(cairn)).year_group, '9');

// Somebody else was faster: both versions are kept until a person decides.
await queue.add(updateChild, { path, body: { year_group: '10' } });
await opened(colleague);
await updateChild({ client: colleague.client, path, body: { year_group: '11' } });
assert.deepEqual(await states(), ['conflict']);
assert.deepEqual(await states(), []);
const [conflict] = await queue.entries();
assert.ok(conflict);
assert.deepEqual(conflict.body, { year_group: '10' });
assert.equal((conflict.theirs as { year_group: string }).year_group, '11');
await queue.retry(conflict.name);
assert.deepEqual(await states(), ['sent']);
assert.equal((await opened(cairn)).year_group, '10');

// The answer to a change is lost: it is found to be done, and nobody is asked.
await queue.add(updateChild, { path, body: { year_group: '12' } });
const [lost] = await queue.flush();
assert.ok(lost?.state === 'waiting' && lost.problem instanceof NoAnswer);
assert.deepEqual(await states(), ['sent']);

// What is refused waits for its author, and nobody else sends it.
const body = { children: [{ child_id: CHILD }], account: [] };
const name = newId();
await queue.add(raiseConcern, { body }, name);
assert.deepEqual(await teacher.queue(store, new Uint8Array(32).fill(7)).flush(), []);
assert.deepEqual(await states(), ['refused']);
const account = [{ text: 'He would not eat.' }];
const again = await queue.retry(name, { body: { ...body, account } });
assert.deepEqual(await states(), ['sent']);
assert.notEqual(again.name, name);
assert.deepEqual(await queue.entries(), []);

// Nothing opens without the key.
await queue.add(raiseConcern, { body });
await assert.rejects(cairn.queue(store, new Uint8Array(32).fill(8)).entries());
console.log('done');
