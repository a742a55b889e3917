// Keys: how a schema and a query name a part of a record.

/** Names a part of a record, `new Key('#document')`, or a metadata field. */
export class Key {
  // `this`, because a class that names itself in its body gets another name in the bundles.
  // biome-ignore-start lint/complexity/noThisInStatic: see above
  static readonly ID: Key = new this('#id')
  static readonly DOCUMENT: Key = new this('#document')
  static readonly EMBEDDING: Key = new this('#embedding')
  static readonly METADATA: Key = new this('#metadata')
  static readonly SPARSE_EMBEDDING: Key = new this('#sparseEmbedding')
  // biome-ignore-end lint/complexity/noThisInStatic: see above

  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export interface KeyFactory {
  (name: string): Key
  ID: Key
  DOCUMENT: Key
  EMBEDDING: Key
  METADATA: Key
  SPARSE_EMBEDDING: Key
}

/** `K('metadata.topic')`, `K.DOCUMENT` and the others. */
export const K: KeyFactory = Object.assign((name: string) => new Key(name), {
  ID: Key.ID,
  DOCUMENT: Key.DOCUMENT,
  EMBEDDING: Key.EMBEDDING,
  METADATA: Key.METADATA,
  SPARSE_EMBEDDING: Key.SPARSE_EMBEDDING,
})

/** The name of a key, given as a `Key` or a string. */
export function keyName(key: Key | string): string {
  return typeof key === 'string' ? key : key.name
}
