// One life of a program with a queue: it may be killed (SIGKILL) at one of its steps.
// tests/clients/test_queues.py runs it. Words: the folder, the name of the entry, the step at which
// it ends (0: none), and what to do: `add` and send, or only `send`.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';

const [folder = '', name = '', at = '0', act = 'add'] = process.argv.slice(2);
let steps = 0;
const calls: string[] = [];
const step = () => {
  steps += 1;
  if (steps === Number(at)) process.kill(process.pid, 'SIGKILL');
};
/** Count the moments before and after each call. */
const counted = (holder: object, names: string[]) => {
  for (const one of names) {
    const before = Reflect.get(holder, one) as (...said: unknown[]) => Promise<unknown>;
    const after = async function (this: unknown, ...said: unknown[]) {
      step();
      calls.push(one);
      const found = await before.apply(this, said);
      step();
      return found;
    };
    Reflect.set(holder, one, after);
  }
};
const handle = await fs.open(tmpdir());
counted(Object.getPrototypeOf(handle), ['writeFile', 'sync']);
await handle.close();
counted(fs, ['mkdir', 'open', 'readFile', 'readdir', 'rename', 'unlink']);
counted(globalThis, ['fetch']);
syncBuiltinESMExports();
steps = 0;

const { Cairn } = await import('cairn-safeguarding-client');
const { raiseConcern } = await import('cairn-safeguarding-client/api');
const { FolderStore } = await import('cairn-safeguarding-client/node');
const { CAIRN_URL = '', TOKEN = '', CHILD = '' } = process.env;
const cairn = new Cairn({ baseUrl: CAIRN_URL, retries: { pause: 20 } });
cairn.adopt({ access_token: TOKEN, expires_in: 900 });
const queue = cairn.queue(new FolderStore(folder), new Uint8Array(32).fill(7));
if (act === 'add') {
  const body = { children: [{ child_id: CHILD }], account: [{ text: 'He would not eat.' }] };
  calls.length = 0;
  await queue.add(raiseConcern, { body }, name);
  // On the disk before it is said to be kept: the file, then its name.
  assert.match(calls.join(' '), /^mkdir open writeFile sync rename open sync$/);
  console.log('added');
}
const outcomes = await queue.flush();
assert.ok(outcomes.every((one) => one.state === 'sent'), JSON.stringify(outcomes));
assert.deepEqual(await queue.entries(), []);
console.log(`done after ${steps} steps`);
