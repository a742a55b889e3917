export {
  ClosedError,
  ConflictError,
  CorruptError,
  DataError,
  DuplicateKeyError,
  type ErrorDetails,
  type ErrorOptions,
  FormatVersionError,
  HostError,
  LimitError,
  LockedError,
  NotFoundError,
  PoisonedError,
  QuiverError,
  ShapeError,
  StateError,
  TimeoutError,
  TypeMismatchError,
  UnknownOptionError,
  UnsupportedError,
  UsageError,
} from './errors.ts'
export { isExhausted } from './platform.ts'
export { reviveError } from './revive.ts'
export { nearestName, unknownOption } from './suggest.ts'
