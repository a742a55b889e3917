// One writer, or any number of readers, holds the directory; a process that dies loses its hold at once.
//
//   quiver.lock              the writer's claim
//   quiver.lock.b-<token>    the claim of the successor of the dead writer <token>
//   quiver.lock.r-<token>    a reader's claim
//   quiver.lock.s-<token>    the beacon of <token>; n-: not published yet
//   quiver.lock.t-<token>    a claim before it has its name
//
// Taking over from a dead writer is where lock files go wrong: between seeing that a lock is stale and removing it,
// another process may have removed it and created its own. So nothing stale is removed here. Whoever finds a writer T
// dead creates `b-T`, which the file system lets only one process do. The file in force is the last of the chain
// quiver.lock = T, b-T = U, b-U = V, ...; it alone decides.
//
//   [L1] Only the last of the chain changes `quiver.lock` while it exists: it renames its own claim to that name, and
//        then removes the `b-` files; or it unlocks, and removes it.
//   [L2] A claim T that has left `quiver.lock` never comes back: tokens are not reused.
//   [L3] A slow process may create `b-T` after the chain has moved on. By L1 `quiver.lock` had changed before the old
//        `b-T` was removed, and by L2 it does not hold T again: walking the chain once more does not reach the new
//        `b-T`, which is void, and its creator starts again.
//
// Readers and writers exclude each other by announcing first and looking second: at least one sees the other.

import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { HostError, LockedError } from '../../error/index.ts'
import { hostError, pathOf } from '../failure.ts'
import { Beacon, beaconAnswers } from './beacon.ts'
import { unlessBusy } from './busy.ts'
import { type Claim, holderOf, isTorn, judge, makeClaim, parseClaim, readClaim, type Verdict } from './claim.ts'
import { codeOf, delay, removeFile, removeQuietly, thisHost } from './host.ts'
import { UNWRITABLE, unwritable } from './refusal.ts'

const LOCK_NAME = 'quiver.lock'
const LOCK_PART = /^quiver\.lock\.([brstn])-([0-9a-z]+)$/
const ATTEMPTS_MAX = 100 // Each failed attempt means that another process made progress.
const CHAIN_LENGTH_MAX = 1000 // Only a chain made by hand is longer.
const ABANDONED_MS = 60_000 // The creator of an unfinished claim or beacon older than this is gone.
// A writer that meets a reader may have met one that is about to give way to it, and vice versa. The reader waits
// longer, so one of the two gets in.
const WRITER_PATIENCE_MS = 60
const READER_PATIENCE_MS = 240
const POLL_MS = 20

/** Tokens of this thread whose files could not be removed: they do not keep it out of a directory that it has left. */
const released = new Set<string>()

/** Whether a file in the directory belongs to the lock, not to the database. */
export function isLockName(name: string): boolean {
  return name === LOCK_NAME || name.startsWith(`${LOCK_NAME}.`)
}

interface Found {
  readonly name: string
  readonly claim: Claim
}

interface Obstacle extends Found {
  readonly verdict: Verdict
}

export class DirectoryLock {
  readonly #folder: string
  readonly #path: string
  readonly #mode: 'write' | 'read'
  #token = ''
  #beacon: Beacon | undefined
  /** Files that hold our claim, unless they have changed since. */
  readonly #made = new Set<string>()
  /** The file of the writer's claim, once it is in force. */
  #held: { readonly ino: number; readonly ctimeMs: number } | undefined

  /** @param path - the directory as the user named it, for messages. */
  constructor(folder: string, path: string, isReadOnly: boolean) {
    this.#folder = folder
    this.#path = path
    this.#mode = isReadOnly ? 'read' : 'write'
  }

  async acquire(): Promise<void> {
    this.#token = randomBytes(12).toString('hex')
    try {
      if (this.#mode === 'write') await this.#acquireWriting()
      else await this.#acquireReading()
    } catch (cause) {
      await this.release().catch(() => {})
      if (cause instanceof LockedError) throw cause
      throw this.#mode === 'write'
        ? unwritable('locking', this.#path, '', cause)
        : hostError('locking', this.#path, '', cause)
    }
  }

  /** Why a writer no longer holds the directory, or undefined while it does. */
  lossOf(): HostError | undefined {
    const held = this.#held
    if (held === undefined) return undefined
    const path = join(this.#folder, LOCK_NAME)
    try {
      const { ino, ctimeMs } = statSync(path)
      const isSameFile = ino === held.ino
      const isUntouched = ctimeMs === held.ctimeMs
      if (isSameFile && isUntouched) return undefined
      const claim = parseClaim(readFileSync(path, 'utf8'))
      // A copy of the directory has our claim as well, in another file; and some file systems renumber files.
      if (claim?.token !== this.#token) return this.#loss(claim)
      return isSameFile || isUntouched ? undefined : this.#loss(undefined)
    } catch (error) {
      return ['ENOENT', 'ENOTDIR'].includes(codeOf(error)) ? this.#loss(undefined) : undefined
    }
  }

  #loss(taker: Claim | undefined): HostError {
    const what =
      taker === undefined
        ? 'was removed or replaced while it was open, or its lock was deleted'
        : `was taken over by process ${taker.pid} on host "${taker.host}" while it was open`
    return new HostError(
      `directory "${this.#path}" ${what}: nothing more is written, for it would be lost; export() still gives everything; close it and open it again to go on`,
      { details: { operation: 'write', directory: this.#path } },
    )
  }

  /** Releases the directory. A lock that now belongs to another process is left alone. */
  async release(): Promise<void> {
    this.#held = undefined
    let failure: HostError | undefined
    for (const name of this.#made) {
      try {
        await this.#removeOwn(name)
      } catch (cause) {
        failure ??= hostError('removal', this.#path, name, cause)
      }
    }
    await this.#beacon?.extinguish()
    this.#beacon = undefined
    if (failure === undefined) return
    released.add(this.#token)
    throw failure
  }

  async #acquireWriting(): Promise<void> {
    const draft = partName('t', this.#token)
    await this.#announce(draft)
    for (let attempt = 0; ; attempt++) {
      const chain = await this.#walk()
      const tail = chain.at(-1)
      if (tail?.claim.token === this.#token) {
        await this.#settle(chain, draft)
        break
      }
      for (const name of this.#made) if (name !== draft) await this.#removeOwn(name) // Void, by L3.
      if (tail !== undefined) {
        const verdict = await this.#judge(tail.claim)
        if (verdict !== 'dead' || attempt >= ATTEMPTS_MAX) throw this.#refusal({ ...tail, verdict })
      }
      await this.#create(tail === undefined ? LOCK_NAME : partName('b', tail.claim.token), draft)
    }
    await this.#sweep()
    await this.#waitFor(WRITER_PATIENCE_MS, () => this.#findReader())
    this.#held = statSync(join(this.#folder, LOCK_NAME))
  }

  async #acquireReading(): Promise<void> {
    let isMediumReadOnly = false
    try {
      const draft = partName('t', this.#token)
      await this.#announce(draft)
      await this.#rename(draft, partName('r', this.#token))
    } catch (error) {
      // A process that cannot write here reads without announcing itself. On a read-only medium there are no writers
      // to keep out.
      const code = codeOf(error)
      if (!UNWRITABLE.includes(code)) throw error
      isMediumReadOnly = code === 'EROFS'
    }
    await this.#waitFor(READER_PATIENCE_MS, () => this.#findWriter(isMediumReadOnly))
  }

  /** Creates the beacon and writes our claim to a file of its own. */
  async #announce(name: string): Promise<void> {
    this.#beacon = await Beacon.light(this.#folder, this.#token)
    const claim = makeClaim(this.#folder, this.#token, this.#mode, this.#beacon !== undefined)
    this.#write(name, `${JSON.stringify(claim)}\n`)
  }

  /**
   * Writes a file that must not exist. It is not flushed: one torn by a power loss counts as a claim of the dead
   * (`readClaim`).
   */
  #write(name: string, text: string): void {
    const descriptor = openSync(join(this.#folder, name), 'wx')
    this.#made.add(name)
    try {
      writeFileSync(descriptor, text)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Makes `name` hold our claim, unless another process was first. */
  async #create(name: string, draft: string): Promise<void> {
    const from = join(this.#folder, draft)
    try {
      await link(from, join(this.#folder, name))
      this.#made.add(name)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return
      // The file system has no links. The file is incomplete for a moment, which `readClaim` allows for.
      try {
        this.#write(name, await unlessBusy(() => readFileSync(from, 'utf8')))
      } catch (failure) {
        if (codeOf(failure) !== 'EEXIST') throw failure
      }
    }
  }

  async #walk(): Promise<Found[]> {
    const chain: Found[] = []
    for (let name = LOCK_NAME; ; ) {
      const claim = await readClaim(join(this.#folder, name))
      if (claim === undefined) return chain
      chain.push({ name, claim })
      name = partName('b', claim.token)
      if (chain.length > CHAIN_LENGTH_MAX) throw new Error(`the lock is damaged; delete ${LOCK_NAME} if nobody uses it`)
    }
  }

  /** Turns the last of the chain into its first; `#sweep` removes the rest, which is no longer reachable. */
  async #settle(chain: readonly Found[], draft: string): Promise<void> {
    if (chain.length === 1) await this.#removeOwn(draft)
    else await this.#rename(draft, LOCK_NAME)
  }

  async #rename(from: string, to: string): Promise<void> {
    await unlessBusy(() => renameSync(join(this.#folder, from), join(this.#folder, to)))
    this.#made.delete(from)
    this.#made.add(to)
  }

  async #removeOwn(name: string): Promise<void> {
    const path = join(this.#folder, name)
    // A torn file under a name that we created is ours, too: writing it failed half-way.
    const claim = await readClaim(path, 0)
    if (claim?.token === this.#token || (claim !== undefined && isTorn(claim))) await unlessBusy(() => removeFile(path))
    this.#made.delete(name)
  }

  async #findWriter(isMediumReadOnly: boolean): Promise<Obstacle | undefined> {
    const tail = (await this.#walk()).at(-1)
    if (tail === undefined) return undefined
    const verdict = await this.#judge(tail.claim)
    // A foreign claim on a read-only medium was copied there, or is part of a snapshot.
    if (verdict === 'dead' || (verdict === 'foreign' && isMediumReadOnly)) return undefined
    return { ...tail, verdict }
  }

  async #findReader(): Promise<Obstacle | undefined> {
    for (const { name, part } of this.#parts()) {
      if (part !== 'r') continue
      const claim = await readClaim(join(this.#folder, name))
      if (claim === undefined) continue
      const verdict = await this.#judge(claim)
      if (verdict !== 'dead') return { name, claim, verdict }
    }
    return undefined
  }

  async #waitFor(patienceMs: number, find: () => Promise<Obstacle | undefined>): Promise<void> {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const obstacle = await find()
      if (obstacle === undefined) return
      if (performance.now() >= deadline) throw this.#refusal(obstacle)
      await delay(POLL_MS)
    }
  }

  /** Removes what dead processes left. Only the writer does it, and nothing depends on it. */
  async #sweep(): Promise<void> {
    for (const { name, part, token } of this.#parts()) {
      if (token === this.#token) continue
      const isLeftOver = await this.#isLeftOver(name, part, token).catch(() => false)
      if (isLeftOver) removeQuietly(join(this.#folder, name))
    }
  }

  async #isLeftOver(name: string, part: string, token: string): Promise<boolean> {
    if (part === 'b') return true // The chain is our claim alone: this one is void.
    if (part === 's') return (await beaconAnswers(this.#folder, token)) === 'no'
    const path = join(this.#folder, name)
    // With bigints: a beacon is a socket, and Node's cached answer about it would mislead (removeQuietly).
    const isAbandoned = () => Date.now() - Number(statSync(path, { bigint: true }).mtimeMs) > ABANDONED_MS
    if (part === 'n') return isAbandoned()
    const claim = await readClaim(path, 0)
    if (claim === undefined) return false
    if (isTorn(claim)) return isAbandoned()
    return (await this.#judge(claim)) === 'dead'
  }

  async #judge(claim: Claim): Promise<Verdict> {
    return released.has(claim.token) ? 'dead' : judge(this.#folder, claim)
  }

  #parts(): { name: string; part: string; token: string }[] {
    return readdirSync(this.#folder).flatMap((name) => {
      const [, part, token] = LOCK_PART.exec(name) ?? []
      return part === undefined || token === undefined ? [] : [{ name, part, token }]
    })
  }

  #refusal({ name, claim, verdict }: Obstacle): LockedError {
    const { pid, host, since, mode } = holderOf(claim)
    const isOurs = verdict === 'alive' && pid === process.pid && claim.pidSpace === thisHost().pidSpace
    const who = isOurs ? `this process (${pid})` : `process ${pid}`
    const what = mode === 'write' ? 'writing' : 'reading'
    return new LockedError(
      `directory "${this.#path}" is open for ${what} by ${who} on host "${host}" since ${since}${this.#advice(name, verdict, isOurs)}`,
      { details: { path: this.#path, pid, host, since, mode } },
    )
  }

  #advice(name: string, verdict: Verdict, isOurs: boolean): string {
    if (verdict === 'foreign') {
      return `, which cannot be asked from here: if it no longer uses the directory, delete ${pathOf(this.#path, name)}`
    }
    if (isOurs)
      return ': use that one, or close it first; where modules are loaded anew, as by development servers, keep it on globalThis'
    return ': one process at a time writes to a directory, and others may read it only while none does'
  }
}

function partName(part: 'b' | 'r' | 't', token: string): string {
  return `${LOCK_NAME}.${part}-${token}`
}
