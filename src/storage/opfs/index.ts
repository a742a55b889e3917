export { openOpfsDirectory } from './directory.ts'
export { hasSyncFiles } from './platform.ts'
