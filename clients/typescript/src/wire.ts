/** Sends requests: who asks, retries, idempotency keys, ETags. */

import { newId, pause } from './ids.js';
import { versioned } from './generated/operations.js';
import { Conflict, NoAnswer, Problem, bodyOf, secondsIn } from './problem.js';
import { Session, ownerOf, type Tokens } from './session.js';

export interface Retries {
  /** How often a request is sent at most. */
  attempts: number;
  /** The first pause in milliseconds where the server names none; it doubles each time. */
  pause: number;
  /** The longest pause in milliseconds. Where the server asks for more, the problem is thrown. */
  longest: number;
}

export interface Settings {
  /** Where Cairn is, without `/v1`. */
  baseUrl: string;
  retries?: Partial<Retries>;
  /** Called with new tokens, and with nothing at the end of a session. */
  onTokens?: (tokens: Tokens | undefined) => void;
  /** In the place of the platform's own `fetch`. */
  fetch?: typeof fetch;
}

interface Versioned {
  method: string;
  pattern: RegExp;
  /** How many parts of the path are the record's own. */
  parts: number;
  readable: boolean;
}

const OPERATIONS: readonly Versioned[] = versioned.map(([method, path, record, read]) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
  parts: record.split('/').length,
  readable: read === 'read',
}));
const REMEMBERED = 1000;

/** Where a request goes, whether it is of a version, and of which record. */
export interface Aim {
  path: string;
  /** The path of the record that is changed; undefined: no version is asked. */
  record: string | undefined;
  readable: boolean;
}

export class Wire {
  readonly session: Session;
  readonly #base: string;
  readonly #retries: Retries;
  readonly #fetch: typeof fetch;
  readonly #etags = new Map<string, string>();
  /** Who read what `#etags` has. */
  #reader: string | undefined;

  constructor(settings: Settings) {
    this.#base = settings.baseUrl.replace(/\/+$/, '');
    this.#retries = { attempts: 5, pause: 500, longest: 30_000, ...settings.retries };
    this.#fetch = settings.fetch ?? ((...asked) => globalThis.fetch(...asked));
    this.session = new Session(
      (path, init) => this.#granted(path, init),
      (tokens) => {
        if (tokens && this.session.owner !== this.#reader) {
          this.#etags.clear(); // a version that somebody else read was never seen by this person
          this.#reader = this.session.owner;
        }
        settings.onTokens?.(tokens);
      },
    );
  }

  /** The ETag of a record as it was last read or changed here. */
  etag(path: string): string | undefined {
    return this.#etags.get(path);
  }

  remember(path: string | undefined, etag: string | null | undefined): void {
    if (!path || !etag) return;
    this.#etags.delete(path);
    this.#etags.set(path, etag);
    const oldest = this.#etags.keys().next().value;
    if (this.#etags.size > REMEMBERED && oldest !== undefined) this.#etags.delete(oldest);
  }

  aim(method: string, url: string): Aim {
    const path = this.pathOf(url);
    const found = OPERATIONS.find((one) => one.method === method && one.pattern.test(path));
    const record = found && path.split('/').slice(0, found.parts).join('/');
    return { path, record, readable: found?.readable ?? false };
  }

  /** The path of an address, from `/v1` on and without its query. */
  pathOf(url: string): string {
    const whole = url.startsWith(this.#base) ? url.slice(this.#base.length) : url;
    return whole.split(/[?#]/, 1)[0] ?? '';
  }

  /** A `fetch` for this server. Throws `Problem`, `Conflict` and `NoAnswer`. */
  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    return this.#sent(new Request(input, init), this.session.owner);
  };

  /** Send a request to a path of this server as its owner, and never as somebody else. */
  async ask(
    method: string,
    path: string,
    init: RequestInit = {},
    owner: string | undefined = this.session.owner,
  ): Promise<Response> {
    return this.#sent(new Request(this.#base + path, { ...init, method }), owner);
  }

  async #sent(request: Request, owner: string | undefined): Promise<Response> {
    const body = request.body ? await request.arrayBuffer() : undefined;
    const aim = this.aim(request.method, request.url);
    const headers = new Headers(request.headers);
    if (request.method === 'POST' && !headers.has('Idempotency-Key')) {
      headers.set('Idempotency-Key', newId());
    }
    const etag = aim.record === undefined ? undefined : this.etag(aim.record);
    if (etag !== undefined && !headers.has('If-Match')) headers.set('If-Match', etag);
    const answer = await this.#answered(request, headers, body, owner);
    if (answer.ok || answer.status === 304) {
      await this.#learn(request.method, aim, answer, owner);
      return answer;
    }
    const said = await bodyOf(answer);
    if (answer.status !== 412) throw new Problem(answer, said);
    throw new Conflict(answer, said, { mine: jsonOf(body), ...(await this.#theirs(aim, owner)) });
  }

  async #answered(
    request: Request,
    headers: Headers,
    body: ArrayBuffer | undefined,
    owner: string | undefined,
  ): Promise<Response> {
    const repeatable = ['GET', 'HEAD', 'POST'].includes(request.method);
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const token = headers.has('Authorization') ? undefined : await this.#tokenOf(owner);
      const sent = new Headers(headers);
      if (token !== undefined) sent.set('Authorization', `Bearer ${token}`);
      let wait = this.#wait(attempt);
      try {
        const { method, url, signal } = request;
        const init: RequestInit = { method, headers: sent, signal, redirect: 'manual' };
        const answer = await this.#fetch(url, body === undefined ? init : { ...init, body });
        if (answer.status === 401 && token !== undefined && !renewed) {
          renewed = true;
          if ((await codeOf(answer)) !== 'token_invalid') return answer;
          if ((await this.session.renew(token)) === undefined) return answer;
          attempt -= 1;
          continue;
        }
        const asked = await this.#again(answer, wait);
        if (asked === undefined || attempt >= this.#retries.attempts) return answer;
        wait = asked;
      } catch (error) {
        if (request.signal.aborted || error instanceof Problem) throw error;
        if (!repeatable || attempt >= this.#retries.attempts) throw new NoAnswer(error);
      }
      await pause(wait, request.signal);
    }
  }

  async #tokenOf(owner: string | undefined): Promise<string | undefined> {
    const token = await this.session.token();
    if (token === undefined || ownerOf(token) === owner) return token;
    throw new NoAnswer(undefined, 'The person who asked is no longer signed in.');
  }

  #wait(attempt: number): number {
    const longer = Math.min(this.#retries.pause * 2 ** (attempt - 1), this.#retries.longest);
    return longer * (0.5 + Math.random() / 2);
  }

  async #granted(path: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#fetch(this.#base + path, init);
      const wait = await this.#again(answer, this.#wait(attempt));
      if (wait === undefined || attempt >= this.#retries.attempts) return answer;
      await pause(wait);
    }
  }

  /** How long to wait before the same request is sent again; undefined: it is answered. */
  async #again(answer: Response, wait: number): Promise<number | undefined> {
    if (answer.status === 429 || answer.status === 503) {
      const asked = secondsIn(answer);
      if (asked === undefined) return wait;
      return asked * 1000 > this.#retries.longest ? undefined : asked * 1000;
    }
    const running = answer.status === 409 && (await codeOf(answer)) === 'idempotency_key_in_progress';
    return running ? (secondsIn(answer) ?? wait / 1000) * 1000 : undefined;
  }

  /** Remember the versions that an answer tells: of the record, of a new one, of cards in a list. */
  async #learn(
    method: string,
    aim: Aim,
    answer: Response,
    owner: string | undefined,
  ): Promise<void> {
    const listed = method === 'GET' && answer.headers.get('Content-Type')?.includes('json');
    const text = listed ? await answer.clone().text() : '';
    if (owner !== this.session.owner) return;
    const etag = answer.headers.get('ETag');
    const made = answer.headers.get('Location');
    if (made !== null && answer.status === 201) this.remember(this.pathOf(made), etag);
    else this.remember(method === 'GET' ? aim.path : aim.record, etag);
    if (!text.includes('"etag"')) return;
    const { items } = JSON.parse(text) as { items?: { id?: string; etag?: string }[] };
    for (const one of items ?? []) this.remember(`${aim.path}/${one.id}`, one.etag);
  }

  async #theirs(
    aim: Aim,
    owner: string | undefined,
  ): Promise<{ theirs?: unknown; etag?: string | undefined }> {
    if (aim.record === undefined || !aim.readable) return {};
    try {
      const theirs: unknown = await (await this.ask('GET', aim.record, {}, owner)).json();
      return { theirs, etag: this.etag(aim.record) };
    } catch {
      return {}; // it may be gone, or the reader may not open it any more
    }
  }
}

async function codeOf(answer: Response): Promise<unknown> {
  return (await bodyOf(answer.clone())).code;
}

function jsonOf(body: ArrayBuffer | undefined): unknown {
  if (body === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return body;
  }
}
