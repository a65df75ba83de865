/** Who is signed in: password with second factor, refresh, service keys. */

import { NoAnswer, Problem, bodyOf } from './problem.js';

/** What the token endpoint answers, as far as a client needs it. */
export interface Tokens {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
  /** `enrol` and `prove` say what a second factor still needs (docs/sign-in.md). */
  second_factor?: string;
  [more: string]: unknown;
}

export interface Credentials {
  username: string;
  password: string;
  /** The code of the authenticator app, or a function that asks the person for it. */
  otp?: string | (() => string | Promise<string>);
  /** Where somebody works in several organisations or roles. */
  organisationId?: string;
  role?: string;
}

export interface ServiceKey {
  id: string;
  secret: string;
  scope?: string;
}

export type Ask = (path: string, init: RequestInit) => Promise<Response>;

const EARLY = 30_000;

/** The account and the organisation a token is for; undefined: no token, or one without them. */
export function ownerOf(token: string | undefined): string | undefined {
  try {
    const claims = token?.split('.')[1] ?? '';
    const { sub, org } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
    return `${sub}@${org}`;
  } catch {
    return undefined;
  }
}

/** The tokens of one session. A refresh token works once, so only one refresh runs at a time. */
export class Session {
  #tokens: Tokens | undefined;
  #ends = 0;
  #key: ServiceKey | undefined;
  #renewing: Promise<string | undefined> | undefined;
  /** How often somebody signed in or out: what was asked for before is not taken after it. */
  #turn = 0;

  constructor(
    private readonly ask: Ask,
    private readonly changed: (tokens: Tokens | undefined) => void,
  ) {}

  get tokens(): Tokens | undefined {
    return this.#tokens;
  }

  /** The account and the organisation the token is for; nobody: undefined. */
  get owner(): string | undefined {
    return ownerOf(this.#tokens?.access_token);
  }

  async signIn(who: Credentials): Promise<Tokens> {
    const form: Record<string, string> = {
      grant_type: 'password',
      username: who.username,
      password: who.password,
    };
    if (who.organisationId) form.organisation_id = who.organisationId;
    if (who.role) form.role = who.role;
    if (typeof who.otp === 'string') form.otp = who.otp;
    let tokens: Tokens;
    try {
      tokens = await this.#grant(form);
    } catch (problem) {
      const asked = problem instanceof Problem && problem.code === 'otp_needed';
      if (!asked || typeof who.otp !== 'function') throw problem;
      tokens = await this.#grant({ ...form, otp: await who.otp() });
    }
    this.#key = undefined;
    return this.adopt(tokens);
  }

  async signInWithKey(key: ServiceKey): Promise<Tokens> {
    const adopted = this.adopt(await this.#grantTo(key));
    this.#key = key;
    return adopted;
  }

  /** Go on with tokens from elsewhere: kept ones, or those that another grant answered. */
  adopt(tokens: Tokens): Tokens {
    if (ownerOf(tokens.access_token) !== this.owner) {
      this.#tokens = this.#key = undefined; // they would renew the former person's token
    }
    this.#nextTurn();
    const kept = this.#tokens?.refresh_token;
    this.#tokens = kept === undefined ? tokens : { refresh_token: kept, ...tokens };
    this.#ends = Date.now() + tokens.expires_in * 1000;
    this.changed(this.#tokens);
    return this.#tokens;
  }

  async signOut(): Promise<void> {
    const token = this.#tokens?.refresh_token;
    this.#forget();
    if (token !== undefined) {
      await this.ask('/v1/auth/revoke', { method: 'POST', body: new URLSearchParams({ token }) });
    }
  }

  /** An access token that is good for a while yet; undefined: nobody is signed in. */
  async token(): Promise<string | undefined> {
    if (this.#renewing) return this.#renewing;
    if (this.#tokens === undefined) return undefined;
    if (Date.now() < this.#ends - EARLY) return this.#tokens.access_token;
    return (await this.renew(this.#tokens.access_token)) ?? this.#tokens?.access_token;
  }

  /** A token in the place of one that was refused or is about to end; undefined: there is no way. */
  async renew(used: string): Promise<string | undefined> {
    if (this.#renewing) return this.#renewing;
    if (this.#tokens && this.#tokens.access_token !== used) return this.#tokens.access_token;
    if (this.#tokens?.refresh_token === undefined && this.#key === undefined) return undefined;
    const turn = this.#turn;
    this.#renewing = this.#renewed(turn).finally(() => {
      if (turn === this.#turn) this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewed(turn: number): Promise<string | undefined> {
    const form = { grant_type: 'refresh_token', refresh_token: this.#tokens?.refresh_token ?? '' };
    let tokens: Tokens;
    try {
      tokens = await (this.#key ? this.#grantTo(this.#key) : this.#grant(form));
    } catch (problem) {
      const over = problem instanceof Problem && problem.status === 401 && turn === this.#turn;
      if (over) this.#forget();
      throw problem;
    }
    return turn === this.#turn ? this.adopt(tokens).access_token : undefined;
  }

  #forget(): void {
    this.#tokens = this.#key = undefined;
    this.#nextTurn();
    this.changed(undefined);
  }

  #nextTurn(): void {
    this.#turn += 1;
    this.#renewing = undefined; // nobody waits for the token of somebody else
  }

  #grantTo(key: ServiceKey): Promise<Tokens> {
    const form: Record<string, string> = { grant_type: 'client_credentials' };
    if (key.scope) form.scope = key.scope;
    const pair = `${encodeURIComponent(key.id)}:${encodeURIComponent(key.secret)}`;
    return this.#grant(form, { Authorization: `Basic ${btoa(pair)}` });
  }

  async #grant(form: Record<string, string>, headers: HeadersInit = {}): Promise<Tokens> {
    let answer: Response;
    try {
      const body = new URLSearchParams(form);
      answer = await this.ask('/v1/auth/token', { method: 'POST', body, headers });
    } catch (error) {
      throw error instanceof Problem ? error : new NoAnswer(error);
    }
    if (!answer.ok) throw new Problem(answer, await bodyOf(answer));
    return (await answer.json()) as Tokens;
  }
}
