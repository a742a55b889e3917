// Starts holder.ts as processes and worker threads.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

let folder = ''

/** Bundles holder.ts before the tests of a file; Node cannot run TypeScript itself. */
export function useHolders(): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quiver-holder-'))
    await build({
      entryPoints: [join(import.meta.dirname, 'holder.ts')],
      outfile: bundle(),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
    })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
}

function bundle(): string {
  return join(folder, 'holder.mjs')
}

export interface Said {
  readonly outcome: 'held' | 'refused' | 'free'
  readonly pid: number
  readonly name?: string
  readonly code?: string
  readonly message?: string
  readonly details?: Record<string, unknown>
}

/** Somebody else who has asked for the directory. */
export class Holder {
  readonly #input: Writable
  readonly #lines: AsyncIterator<Said>
  readonly #ended: Promise<unknown>
  readonly #end: () => Promise<unknown>

  constructor(input: Writable, output: Readable, ended: Promise<unknown>, end: () => Promise<unknown>) {
    this.#input = input
    this.#lines = linesOf(output)
    this.#ended = ended
    this.#end = end
    onTestFinished(async () => void (await end()))
  }

  async said(): Promise<Said> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('the holder ended without a word')
    return value
  }

  async free(): Promise<void> {
    this.#input.write('unlock\n')
    await this.said()
  }

  /** Resolves when it is over. What it says ends before: the platform closes its files one after another. */
  leaveWithoutUnlocking(): Promise<unknown> {
    this.#input.write('exit\n')
    return this.#ended
  }

  /** SIGKILL, or the end of a thread from outside; resolves when it is over. */
  end(): Promise<unknown> {
    return this.#end()
  }
}

/** @param prefix - a command that starts another, as `unshare` does. */
export function holdInProcess(path: string, mode: 'write' | 'read', prefix: readonly string[] = []): Holder {
  const child = start(['hold', path, mode], prefix)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return new Holder(child.stdin as Writable, child.stdout as Readable, ended, () => endOf(child))
}

export function holdInThread(path: string, mode: 'write' | 'read'): Holder {
  const worker = new Worker(bundle(), { workerData: ['hold', path, mode], stdin: true, stdout: true })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  return new Holder(worker.stdin as Writable, worker.stdout, ended, () => worker.terminate())
}

/** Keeps `count` processes at it, replacing those that die and those whose time is over, for so long and until it is enough. */
export async function stress(
  path: string,
  log: string,
  count: number,
  seconds: number,
  isEnough: () => boolean,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  const run = async () => {
    while (Date.now() < deadline || !isEnough()) {
      const child = start(['stress', path, log, `${Math.max(1, (deadline - Date.now()) / 1000)}`])
      const code = await new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
      if (code !== 0 && code !== 'SIGKILL') throw new Error(`a process ended with ${code}`)
    }
  }
  await Promise.all(Array.from({ length: count }, run))
}

function start(args: readonly string[], prefix: readonly string[] = []): ChildProcess {
  const [command = '', ...rest] = [...prefix, process.execPath, bundle(), ...args]
  return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
}

function endOf(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  // `unshare --fork` only waits for the process that holds: that one is killed, and is over when `unshare` is.
  const held = childrenOf(child.pid as number)
  for (const pid of held) kill(pid)
  if (held.length === 0) child.kill('SIGKILL')
  return ended
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

async function* linesOf(output: Readable): AsyncGenerator<Said> {
  let text = ''
  for await (const chunk of output) {
    text += chunk
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield JSON.parse(text.slice(0, end))
      text = text.slice(end + 1)
    }
  }
}
