// RethinkDB's official driver, in process.

export { r as default, r } from './r.ts'
