export { agreedEnds } from './agreement.ts'
export { type Compacted, compact } from './compact.ts'
export { createLogFile } from './create.ts'
export {
  encodeLogHeader,
  homeOf,
  LOG_HEADER_BYTES,
  type LogHeader,
  logName,
  newSeed,
  ownPlace,
  snapshotName,
} from './header.ts'
export { isNoRoom, Log } from './log.ts'
export { Recovery } from './recover.ts'
export type { LoggedTransaction, RecoveryOptions, Repair } from './recovery-types.ts'
export type { Residency } from './residency.ts'
export { Slice } from './slice.ts'
export { isIntact, writeSnapshot } from './snapshot.ts'
export { encodeTransaction, type Transaction } from './transaction.ts'
