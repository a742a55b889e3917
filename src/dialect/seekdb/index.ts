// SeekdbClient and Collection, in process: comes in a later version.

export { loadDriver } from '../../engine/index.ts'
