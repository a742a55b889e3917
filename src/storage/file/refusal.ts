// What an opening for writing is refused with where the file system takes no writes, or none of ours: the folder of a serverless
// function, a container whose user does not own the volume.

import { HostError } from '../../error/index.ts'
import { hostError } from '../failure.ts'
import { codeOf } from './host.ts'

/** Nothing may be written, or nothing more. (Where blocks are copied on write, as on btrfs, not even a lock fits on a full disk.) */
export const UNWRITABLE: readonly string[] = ['EROFS', 'EACCES', 'EPERM', 'ERR_ACCESS_DENIED', 'ENOSPC', 'EDQUOT']

/** As {@link hostError}, and what may be done instead. */
export function unwritable(operation: string, directory: string, file: string, cause: unknown): HostError {
  const error = hostError(operation, directory, file, cause)
  if (!UNWRITABLE.includes(codeOf(cause))) return error
  return new HostError(
    `${error.message}; a database needs a directory that it may write to, or { readOnly: true } for reading one that is there`,
    { cause, details: error.details },
  )
}
