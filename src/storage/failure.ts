// How failures of the medium are reported, the same for every backend.

import { type ErrorDetails, HostError } from '../error/index.ts'

/**
 * Wraps an error of the platform: `write of data/c1.p0.1.log failed: ENOSPC: no space left on device`.
 *
 * @param operation - a noun: `write`, `flush`, `rename`.
 * @param directory - the path as the user gave it.
 * @param file - the name in the directory; empty for the directory itself.
 * @param extra - further details. A failed write has `written`, the bytes known to be handed over before it failed.
 *   If that is 0, and the code a refusal (ENOSPC, EDQUOT, EFBIG, ENOMEM), the file is unchanged; after EIO its state is
 * unknown.
 * @returns a HostError with details `{ operation, file, directory, code }`, where `code` is the platform's, if any.
 */
export function hostError(
  operation: string,
  directory: string,
  file: string,
  cause: unknown,
  extra?: ErrorDetails,
): HostError {
  const code = (cause as { code?: unknown } | null)?.code
  return new HostError(`${operation} of ${pathOf(directory, file)} failed: ${reasonOf(cause)}`, {
    cause,
    details: { operation, file, directory, ...(typeof code === 'string' ? { code } : {}), ...extra },
  })
}

/** `data/c1.p0.1.log`, for messages only. */
export function pathOf(directory: string, file: string): string {
  if (file === '') return directory
  return /[\\/]$/.test(directory) ? directory + file : `${directory}/${file}`
}

// Node ends its messages with the call and the absolute path (`..., open '/x'`), which ours already contains.
function reasonOf(cause: unknown): string {
  const { message, syscall } = (cause ?? {}) as { message?: unknown; syscall?: unknown }
  if (typeof message !== 'string') return String(cause)
  if (typeof syscall !== 'string') return message
  const end = message.lastIndexOf(`, ${syscall}`)
  return end < 0 ? message : message.slice(0, end)
}
