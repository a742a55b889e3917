// What an inverted index consists of. All of it lies in pages of structures, so a snapshot holds it; scratch of a search does not.

/**
 * One index. Behind the struct stand the heads of its arena's free lists, u32[ARENA_CLASSES].
 *
 * `kind` is INVERTED_TEXT or INVERTED_SPARSE, or 0: the struct waits for the next index.
 */
// @ts-ignore: decorator
@unmanaged export class Inverted {
  kind: u32;
  /** The caller's name for it. */
  id: u32;
  /** Documents indexed, those without a term as well, and the sum of their lengths. */
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
  // Of a text index the fields at the root that its paths begin with: see fields.ts.
  fields: u32;
  fieldsCount: u32;
  // Arena.
  run: u32;
  runNext: u32;
  runEnd: u32;
  large: u32;
}

/**
 * A term and its postings. `capacity` says what `list` is:
 *
 *   0                   the slot of the only posting, whose weight is `most`; or nothing, when `count` is 0
 *   up to 256           a block: | slots u32[capacity], ascending | weights u16 or f32[capacity] |
 *   DIRECTORY | entries | a directory of full-sized blocks: | blocks u32 | 0 | first slot, block, count: u32[3] each |
 *
 * `most` and `least` bound what a posting can add to a score. They are exact when a posting is alone, and only widen after that. A term
 * that is free has its successor on the free list in `list`.
 */
// @ts-ignore: decorator
@unmanaged export class Term {
  hash: u32;
  /** Text: where its UTF-8 lies. Sparse: the dimension. */
  key: u32;
  keyBytes: u32;
  count: u32;
  list: u32;
  capacity: u32;
  most: f32;
  /** Text: the least length of a document that has it. Sparse: the least weight. */
  least: f32;
}
