// RethinkDB's official driver, in process: comes in a later version.

export { loadDriver } from '../../engine/index.ts'
