export { MemoryDirectory, type MemoryDirectoryOptions } from './directory.ts'
