export { openIndexedDirectory } from './directory.ts'
