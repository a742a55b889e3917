// A claim says who holds, or wants, a directory. It is a small JSON file, complete from the moment it has its name.

import { readFileSync, statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { LockHolder } from '../storage.ts'
import { beaconAnswers, hasBeaconFile } from './beacon.ts'
import { unlessBusy } from './busy.ts'
import { codeOf, delay, processState, thisHost } from './host.ts'

const TORN_WAIT_MS = 1_000
const TORN_AGE_MS = 10_000 // No write of a claim takes this long.
const TORN_POLL_MS = 20

/** The content of a claim file, as JSON. */
export interface Claim {
  /** Unique among all claims ever made. */
  readonly token: string
  readonly mode: 'write' | 'read'
  readonly platform?: string
  readonly pid: number
  readonly host: string
  /** ISO 8601. */
  readonly since: string
  readonly boot?: string
  readonly pidSpace?: string
  readonly start?: string
  /** Whether it has a beacon (beacon.ts). */
  readonly beacon: boolean
  /** A number that the directory keeps under any name, and that its copy does not have. */
  readonly folder?: string
}

export function makeClaim(folder: string, token: string, mode: 'write' | 'read', beacon: boolean): Claim {
  const { platform, pid, host, boot, pidSpace, start } = thisHost()
  return {
    token,
    mode,
    platform,
    pid,
    host,
    since: new Date().toISOString(),
    ...(boot === undefined ? {} : { boot }),
    ...(pidSpace === undefined ? {} : { pidSpace }),
    ...(start === undefined ? {} : { start }),
    beacon,
    folder: numberOf(folder),
  }
}

function numberOf(folder: string): string {
  return String(statSync(folder, { bigint: true }).ino)
}

/**
 * Reads a claim; undefined if there is no such file.
 *
 * A file that is not a claim is either being written where the file system has no links (lock.ts), which takes
 * milliseconds, or was torn by a power loss. A recent one is read again for `tornWaitMs`; then it counts as a claim of
 * the dead.
 */
export async function readClaim(path: string, tornWaitMs = TORN_WAIT_MS): Promise<Claim | undefined> {
  const deadline = performance.now() + tornWaitMs
  try {
    for (;;) {
      const claim = parseClaim(await unlessBusy(() => readFileSync(path, 'utf8')))
      if (claim !== undefined) return claim
      const file = statSync(path, { bigint: true })
      const ageMs = Date.now() - Number(file.mtimeMs)
      if (ageMs > TORN_AGE_MS || performance.now() >= deadline) return tornClaim(file)
      await delay(TORN_POLL_MS)
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

// The file identity replaces the unreadable token. No valid claim has an empty host.
function tornClaim(file: { ino: bigint; mtimeNs: bigint }): Claim {
  return { token: `torn${file.ino}x${file.mtimeNs}`, mode: 'write', pid: 0, host: '', since: '', beacon: false }
}

export function isTorn(claim: Claim): boolean {
  return claim.host === ''
}

export function parseClaim(text: string): Claim | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { token, mode, platform, pid, host, since, boot, pidSpace, start, beacon, folder } = value as Record<
    string,
    unknown
  >
  if (typeof token !== 'string' || !/^[0-9a-z]{1,64}$/.test(token)) return undefined
  if (mode !== 'write' && mode !== 'read') return undefined
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 0) return undefined
  if (typeof host !== 'string' || host === '' || typeof since !== 'string') return undefined
  return {
    token,
    mode,
    ...(typeof platform === 'string' ? { platform } : {}),
    pid,
    host,
    since,
    ...(typeof boot === 'string' ? { boot } : {}),
    ...(typeof pidSpace === 'string' ? { pidSpace } : {}),
    ...(typeof start === 'string' ? { start } : {}),
    beacon: beacon === true,
    ...(typeof folder === 'string' ? { folder } : {}),
  }
}

/** `foreign`: held by another machine or operating system, about which nothing can be known from here. */
export type Verdict = 'alive' | 'dead' | 'foreign'

/** Whether the holder of a claim in `folder` is alive. Dead is final: no token is reused. */
export async function judge(folder: string, claim: Claim): Promise<Verdict> {
  if (isTorn(claim)) return 'dead'
  const us = thisHost()
  // Windows and the Linux beside it share folders and a host name, and neither can ask the other's processes.
  if (claim.platform !== undefined && claim.platform !== us.platform) return 'foreign'
  const isSameHost = claim.host === us.host
  const isSameKernel = claim.boot !== undefined && us.boot !== undefined ? claim.boot === us.boot : isSameHost
  // Our name under another boot: this machine has been restarted since, or a container moved here. Power loss.
  if (!isSameKernel) return isSameHost ? 'dead' : 'foreign'
  if (claim.beacon) {
    const answer = await beaconAnswers(folder, claim.token)
    if (answer !== 'unclear') return answer === 'yes' ? 'alive' : 'dead'
    // A copy of a directory that is open: most programs do not copy sockets.
    const isCopy = claim.folder !== undefined && claim.folder !== numberOf(folder)
    if (isCopy && !hasBeaconFile(folder, claim.token)) return 'dead'
  }
  // Without a beacon the pid must do. It means nothing in another container. If that one had our host name, it was most
  // likely this container before a restart, which must not stay locked out.
  if (claim.pidSpace !== us.pidSpace) return isSameHost ? 'dead' : 'foreign'
  const { runs, start } = processState(claim.pid)
  if (!runs) return 'dead'
  return claim.start !== undefined && start !== undefined && claim.start !== start ? 'dead' : 'alive'
}

export function holderOf(claim: Claim): LockHolder {
  return { pid: claim.pid, host: claim.host, since: claim.since, mode: claim.mode }
}
