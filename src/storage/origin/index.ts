// Pages and workers only. The engine loads this room with `import()`.
export { hasOwnFiles, openOriginDirectory } from './directory.ts'
export { lockName } from './lock.ts'
