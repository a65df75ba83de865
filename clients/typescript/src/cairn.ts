/** Cairn, as a program sees it: one object for a server and a person. */

import { follow, type Following, type Told } from './events.js';
import { createClient, type Client } from './generated/client/index.js';
import { Queue, type Store } from './queue.js';
import type { Credentials, ServiceKey, Tokens } from './session.js';
import { Wire, type Settings } from './wire.js';

export class Cairn {
  /** For the generated operations: `raiseConcern({ client: cairn.client, body })`. */
  readonly client: Client;
  readonly wire: Wire;

  constructor(settings: Settings) {
    this.wire = new Wire(settings);
    const baseUrl = settings.baseUrl.replace(/\/+$/, '');
    this.client = createClient({ baseUrl, fetch: this.wire.fetch, throwOnError: true });
  }

  signIn(who: Credentials): Promise<Tokens> {
    return this.wire.session.signIn(who);
  }

  /** For programs: with the id and the secret of a service key. */
  signInWithKey(key: ServiceKey): Promise<Tokens> {
    return this.wire.session.signInWithKey(key);
  }

  /** Go on with tokens that were kept, or that another grant answered. */
  adopt(tokens: Tokens): Tokens {
    return this.wire.session.adopt(tokens);
  }

  signOut(): Promise<void> {
    return this.wire.session.signOut();
  }

  /** What happens from now on, or after a place, over every break of the connection. */
  events(options: Following = {}): AsyncGenerator<Told, void, undefined> {
    return follow(this.wire, options);
  }

  /** Writes kept for when there is a connection. `key`: 32 bytes, or a key for AES-GCM. */
  queue(store: Store, key: Uint8Array<ArrayBuffer> | CryptoKey): Queue {
    return new Queue(this.wire, store, key);
  }
}
