// RethinkDB's official driver, in process.

export { r as default, r } from './entry.ts'
export * from './names.ts'
export type * from './type-names.ts'
