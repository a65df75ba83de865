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

/** The tokens of one session. A refresh token works once, so only one refresh runs at a time. */
export class Session {
  #tokens: Tokens | undefined;
  #ends = 0;
  #key: ServiceKey | undefined;
  #renewing: Promise<string> | undefined;

  constructor(
    private readonly ask: Ask,
    private readonly changed: (tokens: Tokens | undefined) => void,
  ) {}

  get tokens(): Tokens | undefined {
    return this.#tokens;
  }

  /** The account and the organisation the token is for; nobody: undefined. */
  get owner(): string | undefined {
    const claims = this.#tokens?.access_token.split('.')[1];
    if (claims === undefined) return undefined;
    const { sub, org } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
    return `${sub}@${org}`;
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
    this.#key = undefined;
    try {
      return this.adopt(await this.#grant(form));
    } catch (problem) {
      const asked = problem instanceof Problem && problem.code === 'otp_needed';
      if (!asked || typeof who.otp !== 'function') throw problem;
      return this.adopt(await this.#grant({ ...form, otp: await who.otp() }));
    }
  }

  async signInWithKey(key: ServiceKey): Promise<Tokens> {
    this.#key = key;
    const form: Record<string, string> = { grant_type: 'client_credentials' };
    if (key.scope) form.scope = key.scope;
    const pair = `${encodeURIComponent(key.id)}:${encodeURIComponent(key.secret)}`;
    return this.adopt(await this.#grant(form, { Authorization: `Basic ${btoa(pair)}` }));
  }

  /** Go on with tokens from elsewhere: kept ones, or those that another grant answered. */
  adopt(tokens: Tokens): Tokens {
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
    this.#renewing = this.#renewed().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewed(): Promise<string> {
    if (this.#key) return (await this.signInWithKey(this.#key)).access_token;
    const token = this.#tokens?.refresh_token ?? '';
    try {
      const form = { grant_type: 'refresh_token', refresh_token: token };
      return this.adopt(await this.#grant(form)).access_token;
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) this.#forget();
      throw problem;
    }
  }

  #forget(): void {
    this.#tokens = undefined;
    this.#key = undefined;
    this.changed(undefined);
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
