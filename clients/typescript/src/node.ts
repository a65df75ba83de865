/** Keeps a queue in a folder, for programs that run on Node. */

import { mkdir, open, readFile, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from './queue.js';

const ENDING = '.entry';

/** One file for each entry; every change is on the disk before it is answered. */
export class FolderStore implements Store {
  constructor(private readonly folder: string) {}

  async names(): Promise<string[]> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const files = await readdir(this.folder);
    return files.filter((one) => one.endsWith(ENDING)).map((one) => one.slice(0, -ENDING.length));
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#file(name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const draft = `${this.#file(name)}.${process.pid}`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#file(name));
    await this.#sync();
  }

  async delete(name: string): Promise<void> {
    try {
      await unlink(this.#file(name));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await this.#sync();
  }

  #file(name: string): string {
    if (!/^[\w-]+$/.test(name)) throw new Error('This is no name of an entry.');
    return join(this.folder, name + ENDING);
  }

  async #sync(): Promise<void> {
    if (process.platform === 'win32') return; // there a folder cannot be synced, nor needs to be
    const folder = await open(this.folder);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
