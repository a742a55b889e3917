// On Windows a name cannot be replaced while anybody has its file open, and one that was removed is not free before they
// close it. Virus scanners, indexers and backups open whatever was just written, for milliseconds.

import { performance } from 'node:perf_hooks'
import { codeOf, delay } from './host.ts'

/** Windows says the same of what is not permitted at all. */
const BUSY = ['EBUSY', 'EPERM', 'EACCES']
const PATIENCE_MS = 5000
const DELAY_MS_MAX = 100

/** Runs an operation on a name; on Windows again, for some seconds, while the file is in use. */
export async function unlessBusy<R>(operate: () => R | Promise<R>): Promise<R> {
  const deadline = performance.now() + (process.platform === 'win32' ? PATIENCE_MS : 0)
  for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, DELAY_MS_MAX)) {
    try {
      return await operate()
    } catch (error) {
      if (!BUSY.includes(codeOf(error)) || performance.now() >= deadline) throw error
    }
    await delay(delayMs)
  }
}
