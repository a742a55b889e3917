export { Connection, type WorkerLike } from './connection.ts'
export { remoteDatabase } from './remote.ts'
export { openInWorker } from './start.ts'
