// Node only. The engine loads this room with `import()`, so that no browser bundle contains it.
export { openFileDirectory } from './directory.ts'
