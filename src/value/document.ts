// What a document may hold, as TypeScript sees it.

export type TypedArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** A value inside a document. `undefined` fields are left out; NaN, Infinity, functions, symbols and cycles are refused. */
export type Value = null | boolean | number | bigint | string | Date | TypedArray | Value[] | { [field: string]: Value }

/** A stored document: a fresh plain object each time it is read. */
export type Document = Record<string, unknown>

/** What results have in them where no type is named, as in `(result: WriteResult) => ...`: documents of any type. */
// biome-ignore lint/suspicious/noExplicitAny: an interface is assignable to no other type that all others are assignable to
export type AnyDocument = any

/** A primary key: `1` and `1n` are one key, `'1'` is another. At most 1,024 encoded bytes. */
export type Key = string | number | bigint | boolean | Date | Uint8Array | readonly Key[]
