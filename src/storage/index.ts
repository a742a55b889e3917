// The file backend is not here: it needs Node, and a browser bundle must not meet it (src/storage/file/index.ts).
export { hostError } from './failure.ts'
export { MemoryDirectory, type MemoryDirectoryOptions, memoryFile } from './memory/index.ts'
export { requirePlainName, requireWritable } from './name.ts'
export type { LockHolder, StorageDirectory, StorageFile } from './storage.ts'
