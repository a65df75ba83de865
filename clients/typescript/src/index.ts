export { Cairn } from './cairn.js';
export type { CairnEvent, Following, Reset, Told } from './events.js';
export { newId } from './ids.js';
export { items, type Page } from './pages.js';
export { Conflict, NoAnswer, Problem, type FieldFault } from './problem.js';
export { IndexedDbStore, MemoryStore, Queue } from './queue.js';
export type { Entry, Outcome, State, Store } from './queue.js';
export type { Credentials, ServiceKey, Tokens } from './session.js';
export type { Retries, Settings } from './wire.js';
