// One device and two people: nothing of one goes out as the other. tests/clients/test_people.py runs it.
import assert from 'node:assert/strict';
import { Cairn, MemoryStore, NoAnswer, Problem, type Outcome, type Tokens } from 'cairn-safeguarding-client';
import { updateChild, openChild, raiseConcern } from 'cairn-safeguarding-client/api';

interface Asked {
  path: string;
  /** Whose token came with it. */
  as: string | undefined;
  ifMatch: string | null;
}

const asked: Asked[] = [];
let answer: (one: Asked) => Response | Promise<Response> = () => said({});
const server: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  const as = headers.get('Authorization')?.split('.')[2];
  asked.push({ path: new URL(String(input)).pathname, as, ifMatch: headers.get('If-Match') });
  return answer(asked[asked.length - 1]!);
};
const retries = { pause: 1, longest: 1000 };
const cairn = new Cairn({ baseUrl: 'http://cairn', retries, fetch: server });
const { client } = cairn;
const { session } = cairn.wire;
const path = { child_id: 'c1' };
const body = { children: [path], account: [{ text: 'He would not eat.' }] };
const concerns = () => asked.filter((one) => one.path === '/v1/concerns').map((one) => one.as);

function said(content: object, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(content, { status, headers });
}

function tokens(sub: string, more: Partial<Tokens> = {}): Tokens {
  const claims = btoa(JSON.stringify({ sub, org: 'school' })).replaceAll('=', '');
  const refresh_token = `refresh-${sub}`;
  return { access_token: `x.${claims}.${sub}`, expires_in: 900, refresh_token, ...more };
}

/** Hold the first request to a path until somebody has done something; then what it is answered. */
async function during<T>(
  held: string,
  answered: () => Response,
  begin: () => Promise<T>,
  meanwhile: () => Promise<unknown>,
): Promise<T> {
  let arrive = () => {};
  let go = () => {};
  const arrived = new Promise<void>((done) => (arrive = done));
  const going = new Promise<void>((done) => (go = done));
  let first = true;
  answer = async (one) => {
    if (one.path !== held || !first) return said({ id: 'new' });
    first = false;
    arrive();
    await going;
    return answered();
  };
  const begun = begin();
  await arrived;
  await meanwhile();
  go();
  return begun;
}

async function benSignsIn(): Promise<void> {
  await cairn.signOut();
  cairn.adopt(tokens('ben'));
}

async function queued(answered: () => Response): Promise<void> {
  const queue = cairn.queue(new MemoryStore(), new Uint8Array(32).fill(7));
  cairn.adopt(tokens('anna'));
  await queue.add(raiseConcern, { body });
  await queue.add(raiseConcern, { body });
  let bens: Promise<Outcome[]> | undefined;
  await during('/v1/concerns', answered, () => queue.flush(), async () => {
    await benSignsIn();
    bens = queue.flush();
  });
  assert.deepEqual(await bens, []);
  assert.deepEqual(concerns(), ['anna']);
  const left = await queue.entries();
  assert.ok(left.length > 0 && left.every((one) => one.state === 'waiting'));
  assert.equal(left[left.length - 1]?.tries, 0);
  cairn.adopt(tokens('anna'));
  assert.deepEqual((await queue.flush()).map((one) => one.state), left.map(() => 'sent'));
  assert.deepEqual(new Set(concerns()), new Set(['anna']));
}

const busy = () => said({}, 503, { 'Retry-After': '0' });
const unknown = () => said({ code: 'token_invalid' }, 401);
const over = { expires_in: 1 };

const cases: Record<string, () => Promise<void>> = {
  queued_and_busy: () => queued(busy),
  queued_and_refused: () => queued(unknown),
  queued_and_sent: () => queued(() => said({ id: 'new' }, 201)),

  /** The next person signs in just before the first entry is sent. */
  async queued_and_kept() {
    let leaving = false;
    class Slow extends MemoryStore {
      override async put(name: string, content: Uint8Array): Promise<void> {
        await super.put(name, content);
        if (leaving) cairn.adopt(tokens('ben'));
      }
    }
    const queue = cairn.queue(new Slow(), new Uint8Array(32).fill(7));
    cairn.adopt(tokens('anna'));
    await queue.add(raiseConcern, { body });
    leaving = true;
    assert.deepEqual((await queue.flush()).map((one) => one.state), ['waiting']);
    assert.deepEqual(concerns(), []);
  },

  async called() {
    cairn.adopt(tokens('anna'));
    const calling = () => raiseConcern({ client, body });
    await assert.rejects(during('/v1/concerns', busy, calling, benSignsIn), NoAnswer);
    assert.deepEqual(concerns(), ['anna']);
  },

  async signed_out_while_renewing() {
    cairn.adopt(tokens('anna', over));
    const renewed = () => said(tokens('anna'));
    await during('/v1/auth/token', renewed, () => session.token(), () => cairn.signOut());
    assert.equal(session.tokens, undefined);
  },

  async replaced_while_renewing() {
    cairn.adopt(tokens('anna', over));
    const renewed = () => said(tokens('anna'));
    await during('/v1/auth/token', renewed, () => session.token(), async () => {
      await benSignsIn();
      assert.equal(await session.token(), tokens('ben').access_token); // without waiting
    });
    assert.equal(session.owner, 'ben@school');
  },

  async replaced_while_refused() {
    cairn.adopt(tokens('anna', over));
    const renewing = () => session.token().catch((problem: Problem) => problem.status);
    assert.equal(await during('/v1/auth/token', () => said({}, 401), renewing, benSignsIn), 401);
    assert.equal(session.owner, 'ben@school');
  },

  async without_a_refresh_token() {
    cairn.adopt(tokens('anna'));
    const { refresh_token: _, ...bens } = tokens('ben');
    assert.equal(cairn.adopt(bens).refresh_token, undefined);
    assert.equal(cairn.adopt(tokens('ben')).refresh_token, 'refresh-ben');
    assert.equal(cairn.adopt(bens).refresh_token, 'refresh-ben');
  },

  async with_versions() {
    const change = () => updateChild({ client, path, body: { year_group: '8' } });
    const versions = () => asked.filter((one) => one.path === '/v1/children/c1' && one.ifMatch);
    const read = () => said({}, 200, { ETag: '"7"' });
    answer = read;
    cairn.adopt(tokens('anna'));
    await openChild({ client, path });
    await cairn.signOut();
    cairn.adopt(tokens('anna'));
    await change();
    assert.equal(versions().length, 1); // the same person goes on
    await benSignsIn();
    answer = () => said({});
    await change();
    cairn.adopt(tokens('anna'));
    await during('/v1/children/c1', read, () => openChild({ client, path }), benSignsIn);
    await change();
    assert.equal(versions().length, 1);
  },

  async at_a_busy_token_endpoint() {
    answer = () => (asked.length < 3 ? busy() : said(tokens('anna')));
    await cairn.signIn({ username: 'anna', password: 'secret' });
    assert.equal(asked.length, 3);
    answer = () => said({}, 429, { 'Retry-After': '2' });
    const signingIn = cairn.signIn({ username: 'anna', password: 'secret' });
    await assert.rejects(signingIn, { status: 429, retryAfter: 2 });
    assert.equal(asked.length, 4); // it asks for more than the client is ready to wait
  },
};
const chosen = cases[process.argv[2] ?? ''];
assert.ok(chosen);
await chosen();
console.log('done');
