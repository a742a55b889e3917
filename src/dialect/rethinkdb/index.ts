// RethinkDB's official driver, in process.

export type { ConnectOptions } from './connect.ts'
export * from './names.ts'
export { r as default, r } from './r.ts'
export type {
  ArrayResult,
  Change,
  Cursor,
  Feed,
  FeedOptions,
  InsertOptions,
  RunOptions,
  WriteOptions,
  WriteResult,
} from './result-types.ts'
export type { Connection, Db, R, Selection, SingleSelection, Stream, Table, Term, Value } from './types.ts'
