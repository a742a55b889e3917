// What Node can find out about the operating system and its processes.

import { readFileSync, readlinkSync, unlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers'

/** The platform's error code (`ENOENT`), or an empty string. What Deno does not permit has none; Node's says the same. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (name === 'NotCapable') return 'ERR_ACCESS_DENIED'
  return typeof code === 'string' ? code : ''
}

/** Removes a file unless it is gone already. */
export function removeFile(path: string): void {
  try {
    // rmSync asks for the file's type first. Node 20 and 22 keep the last answer, and if that was a socket, the next
    // realpathSync stops half-way: `import` and `require` no longer find packages installed as links, as by pnpm.
    unlinkSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** The same for a file that nothing depends on. */
export function removeQuietly(path: string): void {
  try {
    removeFile(path)
  } catch {
    // Whoever opens the directory next removes it.
  }
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

const clock = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread. */
export function pause(milliseconds: number): void {
  Atomics.wait(clock, 0, 0, milliseconds)
}

/** This machine and process. Undefined where the platform cannot tell. */
export interface Host {
  readonly platform: string
  readonly pid: number
  readonly host: string
  /** Identifies the running kernel: changes at every boot, and is the same in all containers of a machine. Linux. */
  readonly boot: string | undefined
  /** The pid namespace of `pid`: containers have their own. Linux. */
  readonly pidSpace: string | undefined
  /** When the process began, in ticks since boot: distinguishes it from a later one with the same pid. Linux. */
  readonly start: string | undefined
}

let host: Host | undefined

export function thisHost(): Host {
  host ??= {
    platform: process.platform,
    pid: process.pid,
    host: hostname(),
    boot: told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidSpace: told(() => readlinkSync('/proc/self/ns/pid')),
    start: processState(process.pid).start,
  }
  return host
}

/** A value that the platform may not provide. */
function told(read: () => string): string | undefined {
  try {
    return read().trim() || undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a process of this pid namespace is running, and since when. A process that died but was not reaped is not.
 */
export function processState(pid: number): { runs: boolean; start: string | undefined } {
  const line = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (line === undefined) return { runs: answersSignal(pid), start: undefined }
  // The second field is the command in parentheses and may itself hold spaces and parentheses: proc(5).
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return { runs: fields[0] !== 'Z' && fields[0] !== 'X', start: fields[19] }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM' // It is running and belongs to another user.
  }
}
