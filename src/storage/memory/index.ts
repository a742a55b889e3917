export { MemoryDirectory, type MemoryDirectoryOptions, memoryFile } from './directory.ts'
