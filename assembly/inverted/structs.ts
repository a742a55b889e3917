// The structures of an inverted index. All are in pages of structures, so a snapshot holds them; scratch memory of a
// search is not.

/**
 * One index. The struct is followed by the heads of its arena's free lists, u32[ARENA_CLASSES].
 *
 * `kind` is INVERTED_TEXT or INVERTED_SPARSE, or 0: the struct waits for the next index.
 */
// @ts-ignore: decorator
@unmanaged export class Inverted {
  kind: u32;
  /** Chosen by the caller. */
  id: u32;
  /** Number of documents indexed, including those without a term, and the sum of their lengths. */
  documents: u32;
  pages: u32;
  tokens: u64;
  // Dictionary.
  termsCount: u32;
  termsTop: u32;
  termsFree: u32;
  termChunks: u32;
  termChunksCapacity: u32;
  table: u32;
  tableMask: u32;
  // By slot: the forward entry's address, and the length. See document.ts.
  forwards: u32;
  slots: u32;
  // Slots whose record has changed since. See dirty.ts.
  dirty: u32;
  dirtyCount: u32;
  dirtySlots: u32;
  // For a text index, the top-level fields with which its paths begin: see fields.ts.
  fields: u32;
  fieldsCount: u32;
  // Arena.
  run: u32;
  runNext: u32;
  runEnd: u32;
  large: u32;
}

/**
 * A term and its postings. `capacity` determines what `list` is:
 *
 *   0                   the slot of the only posting, whose weight is `most`; or nothing, when `count` is 0
 *   up to 256           a block: | slots u32[capacity], ascending | weights u16 or f32[capacity] |
 *   DIRECTORY | entries | a directory of full-sized blocks: | blocks u32 | 0 | first slot, block, count: u32[3] each |
 *
 * `most` and `least` bound what a posting can add to a score. They are exact for a single posting, and only widen after
 * that. In a free term, `list` is its successor on the free list.
 */
// @ts-ignore: decorator
@unmanaged export class Term {
  hash: u32;
  /** Text: the address of its UTF-8. Sparse: the dimension. */
  key: u32;
  keyBytes: u32;
  count: u32;
  list: u32;
  capacity: u32;
  most: f32;
  /** Text: the least length of a document that has it. Sparse: the least weight. */
  least: f32;
}
