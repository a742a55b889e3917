// Everything about files: a part of the engine that is loaded on demand, see parts.ts.

export {
  agreedEnds,
  compact,
  createLogFile,
  encodeLogHeader,
  encodeTransaction,
  LOG_HEADER_BYTES,
  Log,
  Recovery,
  snapshotName,
} from '../journal/index.ts'
export { CatalogFile, namesByStem, readCatalog } from './file/catalog-file.ts'
export { freeAll, leave } from './file/held.ts'
export { leaveSnapshot } from './file/leave-snapshot.ts'
export { clearAway, finishRepair, isPartGone, loseLog, putBack } from './file/salvage.ts'
export { settleAll } from './file/settle-all.ts'
export { joinGroup } from './write/group-commit.ts'
