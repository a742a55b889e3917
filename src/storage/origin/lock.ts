// Shared by the backends of a page: how databases of an origin are named, and the Web Lock that shows who has one open.

import { LockedError, UsageError } from '../../error/index.ts'

/**
 * The folders and the name of a database, `app/data`; `.` parts are dropped. Throws UsageError when it is empty or
 * leads upwards.
 */
export function originParts(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length > 0 && !parts.includes('..')) return parts
  throw new UsageError(
    `a database in a browser has a name like "data" or "app/data", without ".."; got ${JSON.stringify(path)}`,
    { details: { path } },
  )
}

/** The name of the lock of a database, for `navigator.locks`. */
export function lockName(path: string): string {
  return `quiverdb:${originParts(path).join('/')}`
}

/** The lock of one handle. */
export class OriginLock {
  readonly #path: string
  readonly #isShared: boolean
  #release: (() => void) | undefined

  constructor(path: string, isShared: boolean) {
    this.#path = path
    this.#isShared = isShared
  }

  async acquire(): Promise<void> {
    const mode = this.#isShared ? 'shared' : 'exclusive'
    const isHeld = await new Promise<boolean>((resolve, reject) => {
      const held = navigator.locks.request(lockName(this.#path), { mode, ifAvailable: true }, (lock) => {
        resolve(lock !== null)
        if (lock === null) return undefined
        return new Promise<void>((done) => {
          this.#release = done
        })
      })
      held.catch(reject)
    })
    if (isHeld) return
    throw new LockedError(`database "${this.#path}" is open in another tab or worker of this origin`, {
      details: { path: this.#path },
    })
  }

  release(): void {
    this.#release?.()
    this.#release = undefined
  }
}
