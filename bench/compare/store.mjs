// What a peer must offer to be measured. Each adapter is the peer as its own users would hold it: synchronous
// where the peer is synchronous, with the statements prepared, the transactions and the options its manual advises.
import { readFileSync } from 'node:fs'

/**
 * @typedef {import('../workload.mjs').Document} Document
 *
 * @typedef {object} Store
 * @property {(documents: Document[]) => unknown} insertBatch - one transaction, batch or call.
 * @property {(document: Document) => unknown} insertOne
 * @property {(documents: Document[]) => unknown} upsertBatch
 * @property {(document: Document) => unknown} upsertOne
 * @property {(key: string) => any} get - a fresh object (but for the plain Map), or undefined.
 * @property {(keys: string[]) => any} getMany
 * @property {(visit: (document: Document) => void) => unknown} scan - every document, decoded whole.
 * @property {((document: Document) => Promise<unknown>)=} insertDurable - resolves when it is on stable storage.
 * @property {((documents: Document[]) => Promise<unknown>)=} insertBatchDurable
 * @property {() => unknown} close
 *
 * @typedef {object} Peer
 * @property {string} version
 * @property {ReadonlySet<string>} awaited - the methods whose result is a promise; the rest are called synchronously.
 * @property {boolean=} hasDurable
 * @property {number=} rowsCountMax - where more would take too long.
 * @property {(options: { path?: string, isDurable?: boolean, rowsCount: number, lanesCount: number }) => Promise<Store>} open
 */

export const NOTHING_AWAITED = new Set()
export const ALL_AWAITED = new Set([
  'insertBatch',
  'insertOne',
  'upsertBatch',
  'upsertOne',
  'get',
  'getMany',
  'scan',
  'close',
])

/** JSON has no Float32Array; this is what its users write. */
export function toJson(document) {
  if (document.embedding === undefined) return JSON.stringify(document)
  return JSON.stringify({ ...document, embedding: Array.from(document.embedding) })
}

export function fromJson(text) {
  const document = JSON.parse(text)
  if (document.embedding !== undefined) document.embedding = Float32Array.from(document.embedding)
  return document
}

/** The version of an installed peer; not every package lets its manifest be imported. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
}
