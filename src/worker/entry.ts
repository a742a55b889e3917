// The worker itself: the first request opens a database, the others are for it.

import { type Database, openDatabase } from '../engine/index.ts'
import { UsageError } from '../error/index.ts'
import { hasSyncFiles } from '../storage/opfs/index.ts'
import { packError } from './pack.ts'
import type { Reply, Request } from './protocol.ts'
import { namesOf, Server } from './server.ts'
import { Tab } from './tabs.ts'

interface WorkerScope {
  onmessage: ((event: { data: Request }) => void) | null
  postMessage(message: Reply, transfer: ArrayBuffer[]): void
}

const scope = globalThis as unknown as WorkerScope
const MEMORY_PATH = ':memory:'

/** Begins to listen. */
export function serve(): void {
  const send = (reply: Reply, transfer: ArrayBuffer[]) => scope.postMessage(reply, transfer)
  let target: { handle(request: Request): void } | undefined
  scope.onmessage = ({ data }) => {
    if (!('open' in data)) {
      target?.handle(data)
      return
    }
    const { id, open } = data
    openFor(open.path, open.options, send).then(
      (opened) => {
        target = opened
        send({ id, value: undefined }, [])
      },
      (error: unknown) => send({ id, error: packError(error) }, []),
    )
  }
}

async function openFor(path: string, options: object, send: (reply: Reply, transfer: ArrayBuffer[]) => void) {
  const given = { ...options, onProgress: (progress: object) => send({ progress }, []) }
  if (path === MEMORY_PATH) return new MemoryHost(await openDatabase({ ...given, storage: null }), send)
  if (!hasSyncFiles()) {
    throw new UsageError('this browser keeps no files for workers (OPFS with createSyncAccessHandle); use ":memory:"')
  }
  const tab = new Tab(path, given, send)
  await tab.open()
  return tab
}

/** A database in the worker's memory, for its page alone. */
class MemoryHost {
  readonly #server: Server
  readonly #database: Database
  readonly #send: (reply: Reply, transfer: ArrayBuffer[]) => void

  constructor(database: Database, send: (reply: Reply, transfer: ArrayBuffer[]) => void) {
    this.#database = database
    this.#send = send
    this.#server = new Server(database, (reply, transfer) => {
      namesOf(database)
        .then((collections) => send({ collections }, []))
        .catch(() => {})
        .finally(() => send(reply, transfer))
    })
  }

  handle(request: Request): void {
    if ('method' in request && request.method === 'close' && request.target.kind === 'database') {
      this.#database.close().finally(() => this.#send({ id: request.id, value: undefined }, []))
      return
    }
    this.#server.handle(request)
  }
}

serve()
