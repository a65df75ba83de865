/** Ids that a client makes, and waiting. */

let last = 0n;

/** A new UUIDv7: later ones of one program sort after earlier ones. */
export function newId(): string {
  const drawn = crypto.getRandomValues(new Uint8Array(10));
  let moment = BigInt(Date.now()) << 12n;
  if (moment <= last) moment = last + 1n;
  last = moment;
  const random = Array.from(drawn, (one) => one.toString(16).padStart(2, '0')).join('');
  const time = (moment >> 12n).toString(16).padStart(12, '0');
  const count = (moment & 0xfffn).toString(16).padStart(3, '0');
  const variant = (8 + ((drawn[0] ?? 0) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${random.slice(1, 4)}-${random.slice(4, 16)}`;
}

/** Wait, or stop waiting when the signal says so. */
export function pause(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      failed(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      done();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
