// The worker itself: the first request opens a database, the others use it.

import { chunksOf } from '../archive/index.ts'
import { openDatabase, VERSION } from '../engine/index.ts'
import { StateError } from '../error/index.ts'
import { packError } from './pack.ts'
import type { OpenRequest, Reply, Request } from './protocol.ts'
import { type Send, Server } from './server.ts'
import { Tab } from './tabs.ts'

interface WorkerScope {
  onmessage: ((event: { data: Request }) => void) | null
  postMessage(message: Reply, transfer: ArrayBuffer[]): void
}

const scope = globalThis as unknown as WorkerScope
const MEMORY_PATH = ':memory:'

/** The target of a page's calls. */
interface Host {
  handle(request: Request): void
  close(): Promise<void>
}

/** Starts listening. */
function serve(): void {
  const send: Send = (reply, transfer) => scope.postMessage(reply, transfer)
  const answer = (id: number, done: Promise<void>) => {
    done.then(
      () => send({ id, value: undefined }, []),
      (error: unknown) => send({ id, error: packError(error) }, []),
    )
  }
  let host: Host | undefined
  scope.onmessage = ({ data }) => {
    if ('open' in data) {
      const opening = openFor(data.open, send).then((opened) => {
        host = opened
      })
      answer(data.id, opening)
    } else if (host === undefined) return
    else if ('id' in data && data.target.kind === 'database' && data.method === 'close') answer(data.id, host.close())
    else host.handle(data)
  }
}

async function openFor({ version, path, options, isWithoutFiles, file }: OpenRequest, send: Send): Promise<Host> {
  if (version !== VERSION) {
    throw new StateError(
      `the worker is of quiverdb ${VERSION}, the page of ${version}: serve the quiverdb/worker.js of the package that the page has`,
      { details: { worker: VERSION, page: version } },
    )
  }
  const given = { ...options, onProgress: (progress: object) => send({ progress }, []) }
  if (path === MEMORY_PATH) {
    // Used by its own page only.
    const database = await openDatabase({ ...given, source: file && chunksOf(file), storage: null })
    const server = new Server(database, send, (collections) => send({ collections }, []))
    return { handle: (request) => server.handle(request), close: () => database.close() }
  }
  const tab = new Tab(path, given, isWithoutFiles, send)
  await tab.open(file && chunksOf(file))
  return tab
}

serve()
