// What the operating system says about itself and its processes, as far as Node can tell.

import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** The platform's error code (`ENOENT`), or an empty string. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

const clock = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread. */
export function pause(milliseconds: number): void {
  Atomics.wait(clock, 0, 0, milliseconds)
}

/** This machine and process. What a platform cannot tell is undefined. */
export interface Host {
  readonly pid: number
  readonly host: string
  /** Identifies the running kernel: changes at every boot, the same in all containers of a machine. Linux. */
  readonly boot: string | undefined
  /** Which numbering of processes `pid` belongs to: containers have their own. Linux. */
  readonly pidSpace: string | undefined
  /** When the process began, in ticks since boot: tells it from a later one with the same pid. Linux. */
  readonly start: string | undefined
}

let host: Promise<Host> | undefined

export function thisHost(): Promise<Host> {
  host ??= readHost()
  return host
}

async function readHost(): Promise<Host> {
  const [boot, pidSpace, state] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined),
    readlink('/proc/self/ns/pid').catch(() => undefined),
    processState(process.pid),
  ])
  return {
    pid: process.pid,
    host: hostname(),
    boot: boot?.trim() || undefined,
    pidSpace,
    start: state.start,
  }
}

/** Whether a process of this pid space runs, and since when. A process that died but was not reaped does not run. */
export async function processState(pid: number): Promise<{ runs: boolean; start: string | undefined }> {
  let line: string
  try {
    line = await readFile(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return { runs: answersSignal(pid), start: undefined }
  }
  // The second field is the command in parentheses and may itself hold spaces and parentheses: proc(5).
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return { runs: fields[0] !== 'Z' && fields[0] !== 'X', start: fields[19] }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM' // It runs and is another user's.
  }
}
