// Everything the client is for, against a real server. tests/clients/test_clients.py runs it.
import assert from 'node:assert/strict';
import { Cairn, Conflict, NoAnswer, Problem, items, newId } from 'cairn-safeguarding-client';
import {
  acknowledgeConcern, updateChild, listConcerns, listServiceKeys, openChild, openConcern,
  raiseConcern, searchChildren,
} from 'cairn-safeguarding-client/api';

const env = (name: string): string => {
  const value = process.env[name];
  assert.ok(value, name);
  return value;
};
const baseUrl = env('CAIRN_URL');
const child = env('CHILD');
const retries = { pause: 50 };
let kept = 0;
const cairn = new Cairn({ baseUrl, retries, onTokens: () => (kept += 1) });
const { client } = cairn;

let step = 'signing in';
setTimeout(() => {
  console.error(`After 90 seconds still ${step}.`);
  process.exit(1);
}, 90_000).unref();

// A wrong password is a problem with a code; a right one asks for the second factor.
const who = { username: env('EMAIL'), password: env('PASSWORD') };
await assert.rejects(cairn.signIn({ ...who, password: 'not this one' }), (problem: Problem) => {
  assert.equal(problem.status, 401);
  return problem.code === 'credentials_refused';
});
await assert.rejects(cairn.signIn(who), { code: 'otp_needed' });
const tokens = await cairn.signIn({ ...who, otp: async () => env('OTP') });
assert.equal(tokens.second_factor, 'done');
assert.equal(kept, 1);

step = 'raising a concern whose answer is lost';
// The answer to the first attempt is lost; the second one is told the same.
const report = (text: string) => ({ children: [{ child_id: child }], account: [{ text }] });
const key = newId();
const raised = await raiseConcern({ client, headers: { 'Idempotency-Key': key }, body: report('One.') });
assert.equal(raised.response.headers.get('Idempotency-Replayed'), 'true');

// What is wrong with a body is said field by field.
await assert.rejects(raiseConcern({ client, body: { children: [], account: [] } }), (problem: Problem) => {
  assert.equal(problem.status, 422);
  assert.ok(problem.message.includes('/account: '));
  return problem.errors.some((one) => one.pointer === '/account');
});

step = 'reading lists';
// A list in pages of two.
for (const text of ['Two.', 'Three.', 'Four.', 'Five.']) await raiseConcern({ client, body: report(text) });
const found = new Set<string>();
for await (const one of items((cursor) => listConcerns({ client, query: { child_id: child, limit: 2, cursor } }))) {
  found.add(one.id);
}
assert.equal(found.size, 5);
const named: string[] = [];
for await (const one of items((cursor) => searchChildren({ client, body: { q: 'Marsh', cursor } }))) named.push(one.id);
assert.ok(named.includes(child));

step = 'changing a child';
// Each change is of the version last read, without a word about it.
const concern = await openConcern({ client, path: { concern_id: raised.data.id } });
await acknowledgeConcern({ client, path: { concern_id: concern.data.id } });
await openChild({ client, path: { child_id: child } });
await updateChild({ client, path: { child_id: child }, body: { year_group: '8' } });
await updateChild({ client, path: { child_id: child }, body: { year_group: '9' } });

// Somebody else is faster: both versions are here, and nothing was saved.
const other = new Cairn({ baseUrl });
other.adopt(tokens);
await openChild({ client: other.client, path: { child_id: child } });
await updateChild({ client: other.client, path: { child_id: child }, body: { year_group: '10' } });
await assert.rejects(
  updateChild({ client, path: { child_id: child }, body: { year_group: '11' } }),
  (problem: Conflict) => {
    assert.ok(problem instanceof Conflict);
    assert.deepEqual(problem.mine, { year_group: '11' });
    assert.equal((problem.theirs as { year_group: string }).year_group, '10');
    return problem.etag !== undefined;
  },
);
await updateChild({ client, path: { child_id: child }, body: { year_group: '11' } }); // over theirs

// A change that is no POST is not sent twice: nobody knows whether it was done.
await assert.rejects(
  updateChild({ client, path: { child_id: child }, body: { year_group: '12' } }),
  NoAnswer,
);

step = 'following events';
// Events, over a break of the connection: none is lost, none comes twice.
const stop = new AbortController();
const told: string[] = [];
let next: Promise<unknown> | undefined;
let third = '';
for await (const { event } of cairn.events({
  kinds: ['concern.raised'],
  signal: stop.signal,
  onReady: () => (next ??= raiseConcern({ client, body: report('Six.') })),
})) {
  told.push(JSON.stringify(event));
  if (told.length === 1) {
    await fetch(`${baseUrl}/cut`).catch(() => undefined);
    third = (await raiseConcern({ client, body: report('Seven.') })).data.id;
  } else {
    globalThis.gc?.(); // the stream ends all the same
    stop.abort();
  }
}
assert.equal(told.length, 2);
assert.ok(told[1]?.includes(third));

step = 'renewing a token';
// Many calls at once as the token is refused: one refresh.
kept = 0;
cairn.adopt({ ...tokens, access_token: `${tokens.access_token}x` });
await Promise.all([1, 2, 3].map(() => listConcerns({ client })));
assert.equal(kept, 2);

step = 'signing in with a key';
// A program signs in with its key, and again when its token ends.
const program = new Cairn({ baseUrl });
const keys = await program.signInWithKey({ id: env('KEY_ID'), secret: env('KEY_SECRET') });
await assert.rejects(listServiceKeys({ client: program.client }), { status: 403 });
program.adopt({ access_token: `${keys.access_token}x`, expires_in: -1 });
await assert.rejects(listServiceKeys({ client: program.client }), { status: 403 });

step = 'signing out';
await cairn.signOut();
await assert.rejects(listConcerns({ client }), { status: 401 });
console.log('done');
