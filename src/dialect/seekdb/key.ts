// Keys: how a schema and a query name a part of a record.

/** Names a part of a record, `new Key('#document')`, or a metadata field. */
export class Key {
  static readonly ID: Key = new Key('#id')
  static readonly DOCUMENT: Key = new Key('#document')
  static readonly EMBEDDING: Key = new Key('#embedding')
  static readonly METADATA: Key = new Key('#metadata')
  static readonly SPARSE_EMBEDDING: Key = new Key('#sparseEmbedding')

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

/** The name of a key, however it was given. */
export function keyName(key: Key | string): string {
  return typeof key === 'string' ? key : key.name
}
