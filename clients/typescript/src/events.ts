/** The event stream: what happens, as it happens, over every break of the connection. */

import type { ChangesOut } from './generated/types.gen.js';
import { pause } from './ids.js';
import { NoAnswer, Problem } from './problem.js';
import type { Wire } from './wire.js';

/** An event: ids and a kind, never content. Ignore kinds that you do not know. */
export type CairnEvent = ChangesOut['items'][number];

/** Something may be missing: read your lists again. */
export interface Reset {
  kind: 'reset';
  because: string;
}

export interface Told {
  /** Where to go on after this event: keep it once you have dealt with the event. */
  place: string | undefined;
  event: CairnEvent | Reset;
}

export interface Following {
  /** The place after which to go on; without it: from now on. */
  after?: string | undefined;
  /** Only these kinds. */
  kinds?: readonly string[];
  signal?: AbortSignal;
  /** Called once the stream is open: read your lists now. */
  onReady?: () => void;
}

interface Frame {
  id?: string;
  event?: string;
  data?: string;
  retry?: string;
}

/** Follow what happens until the signal says stop. Ends with the problem where it is refused. */
export async function* follow(
  wire: Wire,
  { after, kinds = [], signal, onReady }: Following = {},
): AsyncGenerator<Told, void, undefined> {
  let place = after;
  let wait = 3000;
  const query = new URLSearchParams(kinds.map((kind) => ['kind', kind]));
  while (!signal?.aborted) {
    try {
      const headers = new Headers({ Accept: 'text/event-stream' });
      if (place !== undefined) headers.set('Last-Event-ID', place);
      const init: RequestInit = signal ? { headers, signal } : { headers };
      const answer = await wire.ask('GET', `/v1/events?${query}`, init);
      for await (const frame of frames(answer, signal)) {
        if (frame.retry) wait = Number(frame.retry);
        if (frame.event === 'ready') onReady?.();
        if (frame.data && frame.event !== 'ready' && frame.event !== 'bye') {
          yield { place: frame.id ?? place, event: JSON.parse(frame.data) };
        }
        place = frame.id ?? place; // only now: the event has been dealt with
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof Problem && error.status === 422 && place !== undefined) {
        place = undefined; // the server does not know this place
        yield { place, event: { kind: 'reset', because: 'place_unknown' } };
        continue;
      }
      const passing = error instanceof NoAnswer || error instanceof TypeError;
      if (!passing && !(error instanceof Problem && [429, 503].includes(error.status))) throw error;
    }
    await pause(wait, signal).catch(() => undefined);
  }
}

/**
 * The frames of a stream; one that was cut off is left out.
 *
 * The signal ends it here: the one that a `Request` derives from it is not told of it in Node once
 * the request was collected as garbage, and the stream would stay open.
 */
async function* frames(
  answer: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Frame, void, undefined> {
  if (!answer.body) return;
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  const stop = (): void => void reader.cancel().catch(() => undefined);
  signal?.addEventListener('abort', stop);
  try {
    if (signal?.aborted) return;
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop() ?? '';
      for (const block of blocks) yield frameOf(block);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await reader.cancel().catch(() => undefined);
  }
}

function frameOf(block: string): Frame {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const before = name === 'data' ? fields.get(name) : undefined;
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return Object.fromEntries(fields);
}
