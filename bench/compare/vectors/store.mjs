// What a peer must offer to be measured with vectors. Rows are normalised, distances are by dot or cosine, ids are row numbers.

/**
 * @typedef {object} VectorStore
 * @property {(rows: Float32Array[], from: number) => unknown} insert - a batch; ids count from `from`.
 * @property {() => unknown=} finish - whatever has to be done before searching is at its best.
 * @property {(query: Float32Array, limit: number, ef: number) => any} search - ids, nearest first, or a promise of them; `ef` is for graphs.
 * @property {() => unknown=} save - leaves on disk what opening needs.
 * @property {() => Promise<unknown> | unknown} close
 *
 * @typedef {object} VectorPeer
 * @property {string} version
 * @property {boolean=} isAwaited - whether search answers a promise.
 * @property {boolean=} hasFixedWidth - the width of walks cannot be chosen.
 * @property {boolean=} isStore - false where exact search has no store to insert into.
 * @property {number=} rowsCountMax - where more would take too long.
 * @property {(options: { dimension: number, rowsCount: number, path: string, isGraph: boolean }) => Promise<VectorStore>} open
 * @property {((options: { dimension: number, rowsCount: number, path: string, isGraph: boolean }) => Promise<VectorStore>)=} reopen -
 *   after save and close, up to where it can be searched.
 */

export const M = 16
export const EF_CONSTRUCTION = 128

export { versionOf } from '../store.mjs'
