/** What the server answers instead of what was asked for (RFC 9457), and what never came. */

/** A fault of one field: `pointer` is a JSON Pointer into what was sent. */
export interface FieldFault {
  pointer: string;
  code: string;
  detail: string;
}

/** A refusal. Switch on `code`; `GET /v1/problems` explains every code. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** The id of the request, to quote when asking for help. */
  readonly instance: string;
  readonly errors: readonly FieldFault[];
  /** Everything the answer says, with what only this code has. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Seconds until trying again makes sense, where the server says so. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, body: Record<string, unknown>) {
    const text = (name: string) => (typeof body[name] === 'string' ? (body[name] as string) : '');
    const errors = Array.isArray(body.errors) ? (body.errors as FieldFault[]) : [];
    const said = [text('detail') || text('title'), ...errors.map((one) => `${one.pointer}: ${one.detail}`)];
    super(`${response.status} ${text('code')}: ${said.join(' ')}`);
    this.name = new.target.name;
    this.status = response.status;
    this.code = text('code');
    this.title = text('title');
    this.detail = text('detail');
    this.instance = text('instance');
    this.errors = errors;
    this.body = body;
    this.retryAfter = secondsIn(response);
  }
}

/** 412: somebody else changed the record first. Nothing was saved; here are both versions. */
export class Conflict extends Problem {
  /** What was sent. */
  readonly mine: unknown;
  /** The record as it is now; undefined where it cannot be read by itself. */
  readonly theirs: unknown;
  /** The ETag of `theirs`. */
  readonly etag: string | undefined;

  constructor(
    response: Response,
    body: Record<string, unknown>,
    versions: { mine: unknown; theirs?: unknown; etag?: string | undefined },
  ) {
    super(response, body);
    this.mine = versions.mine;
    this.theirs = versions.theirs;
    this.etag = versions.etag;
  }
}

/** No answer came, so that nobody knows whether it was done. */
export class NoAnswer extends Error {
  constructor(cause: unknown, message = 'The server gave no answer.') {
    super(message, { cause });
    this.name = 'NoAnswer';
  }
}

/** What a refusing answer says; a body that is no problem (of a proxy, say) counts as empty. */
export async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const said: unknown = await response.json();
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `Retry-After` in seconds, given as such or as a date. */
export function secondsIn(response: Response): number | undefined {
  const said = response.headers.get('Retry-After');
  if (said === null) return undefined;
  const seconds = Number(said);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const moment = Date.parse(said);
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - Date.now()) / 1000);
}
