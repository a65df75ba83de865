/**
 * Writes kept for when there is a connection: encrypted, and each done exactly once.
 *
 * An entry's name is the idempotency key with which it is sent and, where the operation takes one,
 * the id of the new record. So it may be added, sent and deleted again after any crash.
 */

import { createClient } from './generated/client/index.js';
import { takesId } from './generated/operations.js';
import { newId } from './ids.js';
import { Conflict, NoAnswer, Problem } from './problem.js';
import type { Wire } from './wire.js';

/** Where a queue is kept. `put` and `delete` must be safe on disk when they answer. */
export interface Store {
  names(): Promise<string[]>;
  get(name: string): Promise<Uint8Array | undefined>;
  /** Replaces what is there, whole or not at all. */
  put(name: string, content: Uint8Array): Promise<void>;
  delete(name: string): Promise<void>;
}

/** `waiting`: to be sent. `conflict`, `refused`: a person decides (`retry` or `discard`). */
export type State = 'waiting' | 'conflict' | 'refused';

export interface Entry {
  name: string;
  state: State;
  method: string;
  path: string;
  /** JSON as it is sent; null: no body. */
  body: unknown;
  contentType: string;
  /** The version that the person saw. */
  etag: string | null;
  /** Who wrote it; only they send it. */
  owner: string;
  at: string;
  /** How often it may have reached the server. */
  tries: number;
  /** Of `refused` and `conflict`: what the server said. */
  problem: unknown;
  /** Of `conflict`: the record as it is now, and its version. `body` is the other version. */
  theirs: unknown;
  theirEtag: string | null;
}

export interface Outcome {
  name: string;
  state: 'sent' | State;
  /** What the server answered to an entry that was sent. */
  answer?: unknown;
  problem?: Problem | NoAnswer;
}

/** A generated operation, and what it is called with. */
type Operation = (options: never) => unknown;
type OptionsOf<F extends Operation> = Omit<NonNullable<Parameters<F>[0]>, 'client'>;

const FORMAT = 1;
const OPERATIONS = takesId.map(([method, path]) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
}));

export class Queue {
  readonly #key: Promise<CryptoKey>;
  #flushing: Promise<unknown> = Promise.resolve();

  /** `key`: 32 bytes, or a key for AES-GCM; the caller keeps it, and it opens everything. */
  constructor(
    private readonly wire: Wire,
    private readonly store: Store,
    key: Uint8Array<ArrayBuffer> | CryptoKey,
  ) {
    this.#key =
      key instanceof CryptoKey
        ? Promise.resolve(key)
        : crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);
  }

  /**
   * Keep a call of a generated operation: `queue.add(raiseConcern, { body })`.
   *
   * It is safe once this answers. With the `name` of an earlier call the same entry is kept again:
   * make one (`newId()`) when the form opens, and nothing is done twice, whenever the program ends.
   */
  async add<F extends Operation>(
    operation: F,
    options: OptionsOf<F>,
    name: string = newId(),
  ): Promise<Entry> {
    const owner = this.wire.session.owner;
    if (owner === undefined) throw new Error('Nobody is signed in whose entry this would be.');
    const request = await captured(operation, options);
    const entry = await entryOf(request, name, owner);
    const aim = this.wire.aim(entry.method, entry.path);
    if (aim.record !== undefined) {
      entry.etag = request.headers.get('If-Match') ?? this.wire.etag(aim.record) ?? null;
    }
    await this.#put(entry);
    return entry;
  }

  /** Everything that is kept, the oldest first. */
  async entries(): Promise<Entry[]> {
    const found: Entry[] = [];
    for (const name of (await this.store.names()).sort()) {
      const entry = await this.#get(name);
      if (entry) found.push(entry);
    }
    return found;
  }

  /** Forget an entry, whatever its state. */
  async discard(name: string): Promise<void> {
    await this.store.delete(name);
  }

  /** Send a refused or conflicting entry again: changed, and by default over the version as it is now. */
  async retry(name: string, change: { body?: unknown; etag?: string } = {}): Promise<Entry> {
    const old = await this.#get(name);
    if (!old) throw new Error('There is no such entry.');
    const { body = old.body, etag = old.theirEtag ?? old.etag } = change;
    const none = { problem: null, theirs: null, theirEtag: null };
    const entry: Entry = { ...old, ...none, name: newId(), state: 'waiting', body, etag, tries: 0 };
    await this.#put(entry); // first: killed here there are both, and the old one is not sent
    await this.store.delete(name);
    return entry;
  }

  /**
   * Send what the signed-in person has waiting, in order.
   *
   * Stops at the first entry that cannot be answered now, and when somebody else signs in; the
   * entry stays, and its outcome has the reason.
   */
  flush(): Promise<Outcome[]> {
    const flushed = this.#flushing.then(() => this.#flushed());
    this.#flushing = flushed.catch(() => undefined); // the next one waits, however this one ends
    return flushed;
  }

  async #flushed(): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const owner = this.wire.session.owner;
    for (const { name } of await this.entries()) {
      const entry = await this.#get(name); // an earlier one may have changed its version
      if (this.wire.session.owner !== owner) break;
      if (!entry || entry.state !== 'waiting' || entry.owner !== owner) continue;
      const outcome = await this.#sent(entry);
      outcomes.push(outcome);
      if (outcome.state === 'waiting') break;
    }
    return outcomes;
  }

  async #sent(entry: Entry): Promise<Outcome> {
    const { name } = entry;
    entry.tries += 1;
    await this.#put(entry);
    try {
      const headers = new Headers({ 'Idempotency-Key': name });
      if (entry.body !== null) headers.set('Content-Type', entry.contentType);
      if (entry.etag !== null) headers.set('If-Match', entry.etag);
      const init: RequestInit = { headers };
      if (entry.body !== null) init.body = JSON.stringify(entry.body);
      const answer = await this.wire.ask(entry.method, entry.path, init, entry.owner);
      return await this.#done(entry, answer);
    } catch (problem) {
      return this.#failed(entry, problem);
    }
  }

  async #done(entry: Entry, answer: Response): Promise<Outcome> {
    const text = await answer.text();
    await this.#pass(entry, answer.headers.get('ETag'));
    await this.store.delete(entry.name);
    const json = answer.headers.get('Content-Type')?.includes('json') ?? false;
    return { name: entry.name, state: 'sent', answer: json && text ? JSON.parse(text) : undefined };
  }

  /** Later changes of the same record were made on top of this one: they get its new version. */
  async #pass(entry: Entry, etag: string | null): Promise<void> {
    const { record } = this.wire.aim(entry.method, entry.path);
    if (record === undefined || etag === null) return;
    for (const later of await this.entries()) {
      const same = this.wire.aim(later.method, later.path).record === record;
      if (later.name > entry.name && same && later.state === 'waiting' && later.etag === entry.etag) {
        await this.#put({ ...later, etag });
      }
    }
  }

  async #failed(entry: Entry, problem: unknown): Promise<Outcome> {
    const { name } = entry;
    if (problem instanceof Conflict) {
      if (entry.tries > 1 && entry.method === 'PATCH' && holds(problem.theirs, entry.body)) {
        await this.#pass(entry, problem.etag ?? null);
        await this.store.delete(name); // our own change, whose answer was lost
        return { name, state: 'sent', answer: problem.theirs };
      }
      const theirs = { theirs: problem.theirs ?? null, theirEtag: problem.etag ?? null };
      await this.#put({ ...entry, ...theirs, state: 'conflict', problem: problem.body });
      return { name, state: 'conflict', problem };
    }
    if (problem instanceof NoAnswer) return { name, state: 'waiting', problem };
    if (!(problem instanceof Problem)) throw problem;
    if ([401, 409, 429].includes(problem.status) && isPassing(problem) || problem.status >= 500) {
      return { name, state: 'waiting', problem };
    }
    if (entry.tries > 1 && problem.code === 'already_exists') {
      await this.store.delete(name); // ours: the server has forgotten the key, but not the record
      return { name, state: 'sent' };
    }
    await this.#put({ ...entry, state: 'refused', problem: problem.body });
    return { name, state: 'refused', problem };
  }

  async #put(entry: Entry): Promise<void> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(entry));
    const sealed = await crypto.subtle.encrypt(sealing(entry.name, iv), await this.#key, plain);
    const content = new Uint8Array(13 + sealed.byteLength);
    content[0] = FORMAT;
    content.set(iv, 1);
    content.set(new Uint8Array(sealed), 13);
    await this.store.put(entry.name, content);
  }

  /** One entry. Throws where the key is another, or somebody changed what is kept. */
  async #get(name: string): Promise<Entry | undefined> {
    const content = await this.store.get(name);
    if (content === undefined) return undefined;
    if (content[0] !== FORMAT) throw new Error('This queue was written by another version.');
    const iv = content.slice(1, 13);
    const sealed = content.slice(13);
    const plain = await crypto.subtle.decrypt(sealing(name, iv), await this.#key, sealed);
    return JSON.parse(new TextDecoder().decode(plain)) as Entry;
  }
}

/** Keeps a queue in memory: for tests, and for programs that need none. */
export class MemoryStore implements Store {
  readonly #kept = new Map<string, Uint8Array>();

  async names(): Promise<string[]> {
    return [...this.#kept.keys()];
  }
  async get(name: string): Promise<Uint8Array | undefined> {
    return this.#kept.get(name);
  }
  async put(name: string, content: Uint8Array): Promise<void> {
    this.#kept.set(name, content);
  }
  async delete(name: string): Promise<void> {
    this.#kept.delete(name);
  }
}

/** Keeps a queue in a browser. */
export class IndexedDbStore implements Store {
  readonly #open: Promise<IDBDatabase>;

  constructor(name = 'cairn-queue') {
    this.#open = new Promise((done, failed) => {
      const asked = indexedDB.open(name, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore('entries');
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  }

  async names(): Promise<string[]> {
    return (await this.#run('readonly', (entries) => entries.getAllKeys())).map(String);
  }
  async get(name: string): Promise<Uint8Array | undefined> {
    return this.#run('readonly', (entries) => entries.get(name));
  }
  async put(name: string, content: Uint8Array): Promise<void> {
    await this.#run('readwrite', (entries) => entries.put(content, name));
  }
  async delete(name: string): Promise<void> {
    await this.#run('readwrite', (entries) => entries.delete(name));
  }

  async #run<T>(
    mode: IDBTransactionMode,
    act: (entries: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const database = await this.#open;
    return new Promise((done, failed) => {
      const change = database.transaction('entries', mode, { durability: 'strict' });
      const asked = act(change.objectStore('entries'));
      change.oncomplete = () => done(asked.result);
      change.onabort = change.onerror = () => failed(change.error ?? asked.error);
    });
  }
}

function sealing(name: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(name) };
}

/** The request an operation would send. */
async function captured(operation: Operation, options: object): Promise<Request> {
  let request: Request | undefined;
  const keep: typeof fetch = async (input, init) => {
    request = new Request(input, init);
    return new Response('{}', { headers: { 'Content-Type': 'application/json' } });
  };
  const client = createClient({ baseUrl: 'http://queued', fetch: keep });
  await operation({ ...options, client } as never);
  if (!request) throw new Error('The operation sends nothing.');
  return request;
}

async function entryOf(request: Request, name: string, owner: string): Promise<Entry> {
  const { pathname, search } = new URL(request.url);
  const text = await request.text();
  const contentType = request.headers.get('Content-Type') ?? 'application/json';
  if (text && !contentType.includes('json')) throw new Error('Files cannot be queued.');
  let body: unknown = text ? JSON.parse(text) : null;
  const { method } = request;
  const takes = OPERATIONS.some((one) => one.method === method && one.pattern.test(pathname));
  if (takes && typeof body === 'object' && body !== null) body = { id: name, ...body };
  return {
    name, state: 'waiting', method, path: pathname + search, body, contentType, etag: null, owner,
    at: new Date().toISOString(), tries: 0, problem: null, theirs: null, theirEtag: null,
  };
}

/** 401 waits for a sign-in, 429 for its time, and 409 for the same request that still runs. */
function isPassing(problem: Problem): boolean {
  return problem.status !== 409 || problem.code === 'idempotency_key_in_progress';
}

/** Whether a record has everything that a merge patch sets. */
function holds(record: unknown, patch: unknown): boolean {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    return JSON.stringify(record ?? null) === JSON.stringify(patch);
  }
  const held = (typeof record === 'object' && record !== null ? record : {}) as Record<string, unknown>;
  return Object.entries(patch).every(([name, value]) => holds(held[name], value));
}
