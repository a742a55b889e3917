// What a peer must offer to be asked queries, as its own users would ask them. A method that is missing is not measured.

/**
 * The filter of the suite: two fields, `lang` equal to a string and `likes` below a number.
 *
 * @typedef {import('../../workload.mjs').Document} Document
 *
 * @typedef {object} QueryStore
 * @property {(documents: Document[]) => unknown} insertBatch
 * @property {(lang: string, likesBelow: number) => any} find - documents, whole; fresh ones but for the array.
 * @property {(lang: string, likesBelow: number) => any} count
 * @property {() => any} group - of each `lang`: `{ lang, count, likes }`, in any order.
 * @property {(limit: number) => any} top - the documents with the most likes.
 * @property {((from: number, to: number) => any)=} range - documents with `likes` from one number to another, by an index.
 * @property {() => unknown} close
 *
 * @typedef {object} QueryPeer
 * @property {string} version
 * @property {(options: { path?: string, rowsCount: number }) => Promise<QueryStore>} open
 */
